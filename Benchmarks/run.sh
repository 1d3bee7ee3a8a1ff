#!/usr/bin/env bash
# Builds servers and load tool, installs the peers that are asked for (Debian, by package name), and runs the load tool.
#   bash Benchmarks/run.sh --Targets realtime,raw,signalr --Workloads fanout,rooms --Rounds 3 --Json results.json
#   NO_BUILD=1   runs what was built before
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

fail() { echo "$1" >&2; exit 2; }
command -v dotnet >/dev/null || fail "The benchmarks need the .NET 10 SDK; 'dotnet' was not found."

arguments=" $* "
missing=()
need() { [[ "$arguments" != *"$1"* ]] || command -v "$2" >/dev/null || missing+=("${@:3}"); }
need signalr-redis redis-server redis-server
need nats nats-server nats-server
need socketio npm nodejs npm
[[ "$arguments" != *postgres* ]] || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
[[ "$arguments" != *nchan* ]] || [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] || missing+=(nginx-light libnginx-mod-nchan)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Please install: ${missing[*]} (this script is not root and there is no sudo)."
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

[[ "$arguments" != *socketio* ]] || [ -e Benchmarks/SocketIo/node_modules ] || (cd Benchmarks/SocketIo && npm ci --ignore-scripts --no-progress --loglevel=error)

if [ -z "${NO_BUILD:-}" ]; then
  # As in its image (docker/Dockerfile); the others' framework is compiled ahead of time as it comes.
  dotnet restore Silo --locked-mode -p:PublishReadyToRun=true --verbosity quiet
  dotnet publish Silo --no-restore --configuration Release --no-self-contained -p:PublishReadyToRun=true \
    --runtime "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" --output artifacts/benchmarks/Silo --verbosity quiet
  for project in Benchmarks/Raw Benchmarks/SignalR Benchmarks/Load; do
    dotnet build "$project" --configuration Release --verbosity quiet
  done
fi

# One socket per client, in the tool and in the server.
ulimit -n "$(ulimit -Hn)"
exec dotnet Benchmarks/Load/bin/Release/net10.0/Realtime.Benchmarks.Load.dll run "$@"
