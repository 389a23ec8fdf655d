#!/usr/bin/env bash
# Makes a release: sets the version of every package, verifies and packs them, commits and tags.
# Publishing is left to a maintainer; the last lines of the output say how.
#
#   npm run release -- 0.3.0
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "release: $1" >&2
  exit 1
}

version=${1-}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] ||
  fail "the version is \"$version\"; it must be of the form 1.2.3 or 1.2.3-beta.1"
[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed"
grep --quiet --line-regexp --fixed-strings "## $version (not released)" CHANGELOG.md ||
  fail "CHANGELOG.md has no section \"## $version (not released)\""
if git rev-parse --quiet --verify "refs/tags/v$version" >/dev/null; then fail "the tag v$version exists"; fi

# Nothing of a release that failed stays behind.
trap 'git checkout --quiet -- .; exit 1' ERR INT TERM

npm version "$version" --workspaces --no-git-tag-version --allow-same-version >/dev/null
sed --in-place "s/^## $version (not released)$/## $version, $(date --utc +%F)/" CHANGELOG.md

npm run check
npm run check:pack
npm test

tarballs=build/release/$version
rm --recursive --force "$tarballs"
mkdir --parents "$tarballs"
npx tsx scripts/tarballs.ts "$tarballs"

git commit --quiet --all --message "Release $version"
git tag --annotate "v$version" --message "Version $version"
echo "Version $version is committed, tagged and packed. To publish it:"
echo "  git push --follow-tags"
for tarball in "$tarballs"/*.tgz; do echo "  npm publish $tarball"; done
