// Compares the snapshotter that serves the socket SNAPSHOTTER_SOCKET with containerd's overlayfs and native ones: the same
// layer is unpacked, prepared, committed and removed by each, by turns. It prints the ratios of the medians.
package main

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"time"

	api "github.com/containerd/containerd/api/services/snapshots/v1"
	"github.com/containerd/containerd/archive"
	"github.com/containerd/containerd/mount"
	"github.com/containerd/containerd/namespaces"
	"github.com/containerd/containerd/snapshots"
	"github.com/containerd/containerd/snapshots/native"
	"github.com/containerd/containerd/snapshots/overlay"
	"github.com/containerd/containerd/snapshots/proxy"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

const (
	files    = 200
	fileSize = 40 << 10
)

// What is measured, in the order in which it is done.
var steps = []string{"prepare, empty", "unpack a layer", "commit a layer", "prepare, on a layer", "write a file", "remove"}

type contestant struct {
	name  string
	over  snapshots.Snapshotter
	taken map[string][]time.Duration
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// An archive of a layer, whose data does not compress and is not zeros.
func layer() []byte {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	data := make([]byte, fileSize)
	for i := range data {
		data[i] = byte(i*7 + i>>8)
	}
	for i := 0; i < files; i++ {
		check(writer.WriteHeader(&tar.Header{Name: fmt.Sprintf("file-%d", i), Mode: 0o644, Size: fileSize}))
		_, err := writer.Write(data)
		check(err)
	}
	check(writer.Close())
	return buffer.Bytes()
}

func (self *contestant) measure(step string, do func() error) {
	begin := time.Now()
	check(do())
	self.taken[step] = append(self.taken[step], time.Since(begin))
}

// Runs each step once, and leaves nothing. What is written is synced, so that each has done all of its work.
func (self *contestant) round(ctx context.Context, data []byte) {
	var mounts []mount.Mount
	prepare := func(key, parent string) func() error {
		return func() (err error) {
			mounts, err = self.over.Prepare(ctx, key, parent)
			return err
		}
	}
	inside := func(do func(root string) error) error {
		return mount.WithTempMount(ctx, mounts, func(root string) error {
			if err := do(root); err != nil {
				return err
			}
			return sync(root)
		})
	}
	self.measure(steps[0], prepare("unpacking", ""))
	self.measure(steps[1], func() error {
		return inside(func(root string) error {
			_, err := archive.Apply(ctx, root, bytes.NewReader(data))
			return err
		})
	})
	self.measure(steps[2], func() error { return self.over.Commit(ctx, "layer", "unpacking") })
	self.measure(steps[3], prepare("container", "layer"))
	self.measure(steps[4], func() error {
		return inside(func(root string) error { return os.WriteFile(filepath.Join(root, "file-0"), []byte("changed"), 0o644) })
	})
	self.measure(steps[5], func() error {
		if err := self.over.Remove(ctx, "container"); err != nil {
			return err
		}
		return self.over.Remove(ctx, "layer")
	})
}

func sync(root string) error {
	directory, err := os.Open(root)
	if err != nil {
		return err
	}
	defer directory.Close()
	return unix.Syncfs(int(directory.Fd()))
}

func median(all []time.Duration) float64 {
	sorted := append([]time.Duration(nil), all...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i] < sorted[j] })
	return float64(sorted[len(sorted)/2])
}

func report(out io.Writer, ploop *contestant, others []*contestant) {
	fmt.Fprintf(out, "%-22s", "ploop takes")
	for _, other := range others {
		fmt.Fprintf(out, "%18s", "that of "+other.name)
	}
	fmt.Fprintln(out)
	for _, step := range steps {
		fmt.Fprintf(out, "%-22s", step)
		for _, other := range others {
			fmt.Fprintf(out, "%17.2fx", median(ploop.taken[step])/median(other.taken[step]))
		}
		fmt.Fprintln(out)
	}
}

func main() {
	root := os.Args[1]
	rounds, err := strconv.Atoi(os.Args[2])
	check(err)
	connection, err := grpc.Dial("unix://"+os.Getenv("SNAPSHOTTER_SOCKET"), grpc.WithInsecure())
	check(err)
	overlayfs, err := overlay.NewSnapshotter(filepath.Join(root, "overlayfs"))
	check(err)
	copying, err := native.NewSnapshotter(filepath.Join(root, "native"))
	check(err)
	contest := func(name string, over snapshots.Snapshotter) *contestant {
		return &contestant{name, over, map[string][]time.Duration{}}
	}
	ploop := contest("ploop", proxy.NewSnapshotter(api.NewSnapshotsClient(connection), "ploop"))
	others := []*contestant{contest("overlayfs", overlayfs), contest("native", copying)}
	ctx, data := namespaces.WithNamespace(context.Background(), "bench"), layer()
	ploop.round(ctx, data) // makes the base
	ploop.taken = map[string][]time.Duration{}
	for i := 0; i < rounds; i++ {
		for _, each := range append([]*contestant{ploop}, others...) {
			each.round(ctx, data)
		}
	}
	report(os.Stdout, ploop, others)
	check(overlayfs.Close())
	check(copying.Close())
}
