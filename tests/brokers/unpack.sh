#!/bin/sh
# unpack.sh PREFIX SUITE PACKAGE...
#
# Unpacks packages of another Debian suite, and the libraries they need, under PREFIX/root, and makes their programs use
# PREFIX's own dynamic linker and libraries. The system gets nothing but patchelf. Needs root (apt) and /etc/apt's Debian
# mirror. PREFIX is baked in, so it cannot be moved; PREFIX/ok says that it is complete, and then nothing is done.
# Of the suite "experimental" come the packages alone, and only as long as it has them; all else comes from sid.
set -eu
prefix=$(realpath -m "$1") suite=$2
shift 2
mkdir -p "$prefix"
exec 9>"$prefix.lock"
flock 9
[ -e "$prefix/ok" ] && exit 0
rm -rf "$prefix"
mkdir -p "$prefix/apt/lists/partial" "$prefix/apt/cache/archives/partial" "$prefix/root"
: >"$prefix/apt/status"
mirror=$(awk '/^URIs:/{print $2; exit}' /etc/apt/sources.list.d/debian.sources)
suites=$suite
[ "$suite" != experimental ] || suites="experimental sid"
cat >"$prefix/apt/preferences" <<PREFERENCES
Package: $*
Pin: release a=experimental
Pin-Priority: 990
PREFERENCES
cat >"$prefix/apt/suite.sources" <<SOURCES
Types: deb
URIs: $mirror
Suites: $suites
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
apt() {
  apt-get -o Dir::Etc::sourcelist="$prefix/apt/suite.sources" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::Etc::preferences="$prefix/apt/preferences" -o Dir::Etc::preferencesparts=/dev/null \
    -o Dir::State::lists="$prefix/apt/lists" \
    -o Dir::Cache="$prefix/apt/cache" -o Dir::State::status="$prefix/apt/status" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
command -v patchelf >/dev/null ||
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 patchelf >/dev/null

apt -qq update
# With an empty status file apt lists everything that is needed; what only maintainer scripts want is left out.
names=$(IFS='|' && echo "$*")
wanted=$(apt install -s -y --no-install-recommends "$@" | awk '$1 == "Inst" {print $2}' |
  grep -E "^(lib|zlib1g|openssl-provider|erlang-|($names)\$)" | grep -vE '^lib(pam|semanage|audit|python|debconf|perl)')
cd "$prefix/apt"
apt -qq download $wanted
for package in *.deb; do dpkg-deb -x "$package" "$prefix/root"; done
cd "$prefix"
rm -rf "$prefix/apt"

libraries=$prefix/root/usr/lib/$(uname -m)-linux-gnu
linker=$(readlink -f "$(find "$libraries" -maxdepth 1 -name 'ld-linux*.so.*' | head -n 1)")
find root/usr/bin root/usr/sbin root/usr/lib/erlang -type f \( -perm -u+x -o -name '*.so' \) 2>/dev/null |
  while read -r file; do
    [ "$(head -c 4 "$file" | tail -c 3)" = ELF ] || continue
    if patchelf --print-interpreter "$file" >/dev/null 2>&1; then patchelf --set-interpreter "$linker" "$file"; fi
    # DT_RPATH, not DT_RUNPATH: it also serves what a program loads while it runs (Erlang's native functions).
    patchelf --force-rpath --set-rpath "$libraries" "$file"
  done
# Erlang's launchers have their final place written into them.
erlang=$prefix/root/usr/lib/erlang
for script in "$erlang/bin/erl" "$erlang/bin/start" "$erlang"/erts-*/bin/start; do
  [ -f "$script" ] || continue
  sed -i "s#^ROOTDIR=.*#ROOTDIR=$erlang#; s#\([^/a-z]\)/usr/lib/erlang#\1$erlang#g" "$script"
done
touch "$prefix/ok"
