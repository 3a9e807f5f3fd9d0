#!/bin/sh
# packages.sh - installs what building, testing and the demo need and the machine lacks; says nothing when all is there.
set -eu

missing=
need() { # need PACKAGE TEST...: the package is wanted when the test fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
library() { need "$1" pkg-config --exists "$2"; }

need gcc sh -c 'command -v cc'
need libc6-dev test -e /usr/include/stdio.h
need pkg-config sh -c 'command -v pkg-config'
need protobuf-c-compiler sh -c 'command -v protoc-c'
need sqlite3 sh -c 'command -v sqlite3'
need python3-pip python3 -m pip --version
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
need curl sh -c 'command -v curl'
library libvips-dev vips
library libopenblas-pthread-dev openblas
library libhdf5-dev hdf5
library libzstd-dev libzstd
library libxxhash-dev libxxhash
library libsqlite3-dev sqlite3
library nettle-dev nettle
library libprotobuf-c-dev libprotobuf-c
library libzip-dev libzip
library libjansson-dev jansson
library check check
# Its library alone, loaded where plots are wanted: libplplot-dev would bring compilers and window systems.
need libplplot17 sh -c '/sbin/ldconfig -p | grep -q libplplot.so.17'

[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
    echo "tl: please install (Debian names):$missing" >&2
    exit 1
fi
echo "Installing:$missing"
log=$(mktemp)
if ! { $as_root apt-get update -qq &&
       DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -20 "$log" >&2
    echo "tl: the packages could not be installed; the whole log is $log" >&2
    exit 1
fi
rm -f "$log"
