#!/usr/bin/env bash
# Runs a cluster on this machine, without Docker: the emulator of Azure Storage, PostgreSQL, two silos and two gateways,
# in the development environment. Everything is new each time, and gone after Ctrl+C.
# Needs the .NET 10 SDK; on Debian it installs Node.js and PostgreSQL by package name if they are missing.
#   PORT           first of 8 ports in a row; default 8099: gateways at PORT and PORT+1
#   CONFIGURATION  Release (default) or Debug
#   NO_BUILD=1     runs what was built before
#   PROGRAMS       folder of published programs to run instead; goes with NO_BUILD=1
#   ENVIRONMENT    Development (default), or Production, which is given settings of its own as Realtime__… and has no demo page
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

port=${PORT:-8099}
configuration=${CONFIGURATION:-Release}
azurite=Tests/Providers/AzureStorage/azurite

fail() { echo "$1" >&2; exit 2; }
command -v dotnet >/dev/null || fail "The cluster needs the .NET 10 SDK; 'dotnet' was not found."

postgres_programs() { compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 | xargs -r dirname; }
missing=()
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
[ -n "$(postgres_programs)" ] || missing+=(postgresql)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "Please install: ${missing[*]} (this script is not root and there is no sudo)."
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

[ -e "$azurite/node_modules/azurite" ] || (cd "$azurite" && npm ci --ignore-scripts --no-progress --loglevel=error)
[ -n "${NO_BUILD:-}" ] || dotnet build Silo --configuration "$configuration" --verbosity quiet

folder=$(mktemp -d "${TMPDIR:-/tmp}/realtime-cluster-XXXXXX")
gateways=() silos=() storage=()

# end SIGNAL PID…: whoever uses the others goes first.
end() {
  local signal=$1
  shift
  kill "-$signal" "$@" 2>/dev/null || true
  wait "$@" 2>/dev/null || true
}
stop() {
  trap - EXIT
  trap '' INT TERM
  [ ${#gateways[@]} -eq 0 ] || end TERM "${gateways[@]}"
  [ ${#silos[@]} -eq 0 ] || end TERM "${silos[@]}"
  [ ${#storage[@]} -eq 0 ] || end INT "${storage[@]}"
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 0' INT TERM

# setsid: Ctrl+C reaches this script, which stops everything in order.
echo "Starting the emulator of Azure Storage and PostgreSQL…"
key=$(node -p 'crypto.randomBytes(64).toString("base64")')
AZURITE_ACCOUNTS="realtime:$key" setsid node "$azurite/node_modules/azurite/dist/src/azurite.js" \
  --silent --inMemoryPersistence --disableTelemetry --skipApiVersionCheck \
  --blobPort 0 --queuePort 0 --tablePort 0 >"$folder/azurite.log" 2>&1 </dev/null &
storage+=($!)

programs=$(postgres_programs)
as_postgres=()
if [ "$(id -u)" -eq 0 ]; then
  # The server refuses to run as root; the package has made a user for it.
  as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups)
  chmod 711 "$folder"
  install -d -o postgres -g postgres "$folder/postgres"
else
  mkdir "$folder/postgres"
fi
(cd / && "${as_postgres[@]}" "$programs/initdb" -D "$folder/postgres/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync) >"$folder/postgres.log" 2>&1 \
  || { cat "$folder/postgres.log" >&2; fail "PostgreSQL could not be set up."; }
(cd / && exec setsid "${as_postgres[@]}" "$programs/postgres" -D "$folder/postgres/data" -k "$folder/postgres" -c listen_addresses=) >>"$folder/postgres.log" 2>&1 </dev/null &
storage+=($!)

# await PID LOG TEXT: waits until the process has printed it, and prints the line.
await() {
  while ! grep -m 1 "$3" "$2"; do
    kill -0 "$1" 2>/dev/null || { cat "$2" >&2; fail "A server that the cluster needs has ended."; }
    sleep 0.1
  done
}
address() { await "${storage[0]}" "$folder/azurite.log" "Azurite $1 service is successfully listening" | grep -oE 'http://[0-9.:]+'; }
tables=$(address Table)
blobs=$(address Blob)
await "${storage[1]}" "$folder/postgres.log" 'ready to accept connections' >/dev/null

export ASPNETCORE_ENVIRONMENT=${ENVIRONMENT:-Development} Realtime__Mode=Silo Realtime__Documents__Store=Postgres
# Idle threads that spin would take the processors from the other processes (docs/performance.md).
export DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=${DOTNET_ThreadPool_UnfairSemaphoreSpinLimit:-0}
export Realtime__Cluster__Storage__ConnectionString="DefaultEndpointsProtocol=http;AccountName=realtime;AccountKey=$key;TableEndpoint=$tables/realtime;BlobEndpoint=$blobs/realtime"
export Realtime__Documents__ConnectionString="Host=$folder/postgres;Username=postgres;Database=postgres"
export Realtime__SigningKeys__0__Id=cluster Realtime__SigningKeys__0__Secret
Realtime__SigningKeys__0__Secret=$(node -p 'crypto.randomBytes(32).toString("base64")')

# run NAME PROJECT PORT [SETTING…]
run() {
  local name=$1 project=$2 url=http://localhost:$3
  shift 3
  setsid env "$@" dotnet "${PROGRAMS:-$project/bin/$configuration/net10.0}/Realtime.$project.dll" --urls "$url" >"$folder/$name.log" 2>&1 </dev/null &
  started=$!
  names+=("$name")
  urls+=("$url")
}
names=() urls=()
echo "Starting two silos and two gateways…"
run gateway-1 Gateway $((port)); gateways+=("$started")
run gateway-2 Gateway $((port + 1)); gateways+=("$started")
run silo-1 Silo $((port + 2)) Realtime__Cluster__SiloPort=$((port + 4)) Realtime__Cluster__GatewayPort=$((port + 5)); silos+=("$started")
run silo-2 Silo $((port + 3)) Realtime__Cluster__SiloPort=$((port + 6)) Realtime__Cluster__GatewayPort=$((port + 7)); silos+=("$started")

ready() {
  node -e 'Promise.all(process.argv.slice(1).map(url => fetch(url + "/health/ready"))).then(all => process.exit(all.every(r => r.ok) ? 0 : 1), () => process.exit(1))' "${urls[@]}"
}
until ready; do
  pids=("${gateways[@]}" "${silos[@]}")
  for i in "${!pids[@]}"; do
    kill -0 "${pids[$i]}" 2>/dev/null || { cat "$folder/${names[$i]}.log" >&2; fail "${names[$i]} has ended."; }
  done
  sleep 0.5
done

cat <<END

  Realtime.Orleans, a cluster on this machine, development environment

  Gateways         ${urls[0]}/   ${urls[1]}/      (each with the demo page)
  Silos            ${urls[2]}/health/ready   ${urls[3]}/health/ready
  Client           new Backend("dev_memory_pk", "${urls[0]}")
  Processes        gateways ${gateways[*]}, silos ${silos[*]}      (kill -9 one of them)
  Logs             $folder

  Stop with Ctrl+C.

END
wait
