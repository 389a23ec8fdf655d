// Runs containerd's own suite for snapshotters against the one that serves the socket SNAPSHOTTER_SOCKET.
package suite

import (
	"context"
	"os"
	"testing"

	api "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/pkg/testutil"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/proxy"
	"github.com/containerd/containerd/snapshots/testsuite"
	"google.golang.org/grpc"
)

func TestSnapshotter(t *testing.T) {
	testutil.RequiresRoot(t)
	socket := os.Getenv("SNAPSHOTTER_SOCKET")
	testsuite.SnapshotterSuite(t, "ploop", func(ctx context.Context, root string) (snapshots.Snapshotter, func() error, error) {
		connection, err := grpc.Dial("unix://"+socket, grpc.WithInsecure())
		if err != nil {
			return nil, nil, err
		}
		return proxy.NewSnapshotter(api.NewSnapshotsClient(connection), "ploop"), connection.Close, nil
	})
}
