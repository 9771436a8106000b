#!/bin/sh
# build.sh PREFIX SUITE
#
# Builds PREFIX/pstest, Google's own in-memory Pub/Sub, from the sources in a Debian suite with that suite's Go, all of it
# unpacked under PREFIX and removed afterwards; the system gets nothing. Needs root (apt) and /etc/apt's Debian mirror.
# Nothing is done where PREFIX/pstest exists.
set -eu
here=$(dirname "$(realpath "$0")") prefix=$(realpath -m "$1") suite=$2
mkdir -p "$prefix"
exec 9>"$prefix.lock"
flock 9
[ -e "$prefix/pstest" ] && exit 0
rm -rf "$prefix"
mkdir -p "$prefix/apt/lists/partial" "$prefix/apt/cache/archives/partial" "$prefix/root" "$prefix/src/pstest"
: >"$prefix/apt/status"
mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources)
# Backports need the suite that they are for.
cat >"$prefix/apt/suite.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: ${suite%-backports} $suite
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
options="-qq -o Dir::Etc::sourcelist=$prefix/apt/suite.sources -o Dir::Etc::sourceparts=/dev/null
  -o Dir::Etc::preferencesparts=/dev/null -o Dir::State::lists=$prefix/apt/lists -o Dir::Cache=$prefix/apt/cache
  -o Dir::State::status=$prefix/apt/status -o APT::Sandbox::User=root -o Acquire::Languages=none
  -o APT::Default-Release=$suite"
apt-get $options update

# What is compiled in, and not what it depends on for its own tests, which is three times as much.
packages="golang-google-cloud-dev golang-google-cloud-compute-metadata-dev golang-google-grpc-dev
  golang-google-genproto-dev golang-google-api-dev golang-golang-x-net-dev golang-golang-x-sys-dev
  golang-golang-x-text-dev golang-golang-x-sync-dev golang-golang-x-oauth2-dev golang-golang-x-oauth2-google-dev
  golang-golang-x-time-dev golang-github-googleapis-gax-go-dev golang-go.opencensus-dev
  golang-github-golang-groupcache-dev golang-github-google-go-cmp-dev"
case $suite in
bookworm)
  definitions=google.golang.org/genproto/googleapis/pubsub/v1
  packages="$packages golang-github-golang-protobuf-1-3-dev"
  ;;
*)
  definitions=cloud.google.com/go/pubsub/apiv1/pubsubpb
  packages="$packages golang-google-protobuf-dev golang-github-golang-protobuf-1-5-dev golang-golang-x-crypto-dev
    golang-golang-x-xerrors-dev golang-golang-x-exp-dev golang-opentelemetry-otel-dev
    golang-opentelemetry-contrib-dev golang-github-einride-aip-go-dev golang-github-google-uuid-dev
    golang-github-google-s2a-go-dev golang-github-googleapis-enterprise-certificate-proxy-dev
    golang-github-felixge-httpsnoop-dev golang-github-go-logr-logr-dev golang-github-go-logr-stdr-dev
    golang-github-cespare-xxhash-dev"
  ;;
esac
go=$(apt-cache $options depends golang-go | awk '/Depends: golang-[0-9.]+-go$/ {print $2; exit}')
cd "$prefix/apt"
apt-get $options download "$go" "${go%-go}-src" $packages
for package in *.deb; do dpkg-deb -x "$package" "$prefix/root"; done
cd "$prefix"
rm -rf apt

# The links from Go's folder to its sources lead to where the system would have them.
version=${go%-go}
version=go-${version#golang-}
find "root/usr/lib/$version" -type l | while read -r link; do
  target=$(readlink "$link")
  case $target in /*) ln -sfn "$prefix/root$target" "$link" ;; esac
done
sed "s#DEFINITIONS#$definitions#" "$here/main.go" >src/pstest/main.go
GOROOT=$prefix/root/usr/lib/$version GOPATH=$prefix:$prefix/root/usr/share/gocode GO111MODULE=off \
  GOCACHE=$prefix/cache CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='' \
  "root/usr/lib/$version/bin/go" build -ldflags='-s -w' -o built pstest
rm -rf root src cache
mv built pstest
