#!/bin/sh
# Build the stubs with Mono's compiler; the tests read what it made and need no compiler.
set -eu
cd "$(dirname "$0")"
for name in Events Styles Roles; do
  for kind in release debug; do
    options="-optimize+"
    [ "$kind" = debug ] && options="-optimize- -debug:full"
    mcs -nologo -target:library -sdk:4.5 -r:System.Web -r:System.Configuration -r:System.Web.ApplicationServices $options -out:"$name.$kind.dll" "$name.cs"
    rm -f "$name.$kind.dll.mdb"
  done
done
