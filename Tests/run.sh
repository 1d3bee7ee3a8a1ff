#!/usr/bin/env bash
# Installs what the tests need on a Debian machine (by package name) and runs all of them.
# Needs the .NET 10 SDK. Further arguments go to the test runner, for example: --filter-class '*Conformance*'.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "$1" >&2; exit 2; }
command -v dotnet >/dev/null || fail "The tests need the .NET 10 SDK; 'dotnet' was not found."

missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
command -v docker-compose >/dev/null || missing+=(docker-compose)
command -v kubectl >/dev/null || missing+=(kubernetes-client)
command -v sqlite3 >/dev/null || missing+=(sqlite3)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Please install: ${missing[*]} (this script is not root and there is no sudo)."
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

dotnet restore Realtime.Orleans.sln --locked-mode
dotnet build Realtime.Orleans.sln --no-restore --configuration Release
dotnet test --project Tests --no-build --no-progress --configuration Release "$@"
