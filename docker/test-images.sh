#!/usr/bin/env bash
# Builds the images and runs them as they are deployed: another user than root, a read-only root file system, no capabilities.
# For machines without a Docker engine and without Microsoft's registry: as root on Debian, with buildah, podman and runc. The
# base images are made on the spot from Debian's packages and this machine's own .NET and Node.js.
#   NO_BUILD=1  runs the images that were built before
#   FOLDER      for the base and the images, some 10 GB; default /var/tmp/realtime-images. What lies there is used again.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "$1" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail "This script needs root: it makes file systems and starts containers without an engine."
missing=()
for program in buildah podman runc debootstrap; do command -v $program >/dev/null || missing+=($program); done
if [ ${#missing[@]} -gt 0 ]; then
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
azurite=Tests/Providers/AzureStorage/azurite
[ -e $azurite/node_modules/azurite ] || (cd $azurite && npm ci --ignore-scripts --no-progress --loglevel=error)
postgres_programs=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1 | xargs -r dirname)
[ -n "$postgres_programs" ] || fail "Please install: postgresql"

folder=${FOLDER:-/var/tmp/realtime-images}
mkdir -p "$folder"
storage=(--storage-driver vfs --root "$folder/storage" --runroot "$folder/run")
dotnet_folder=$(dirname "$(readlink -f "$(command -v dotnet)")")

base="$folder/base"
if [ ! -e "$base/complete" ]; then
  rm -rf "$base"
  debootstrap --variant=minbase --include=ca-certificates,libssl3,zlib1g,libstdc++6,libatomic1,tzdata bookworm "$base" >"$folder/debootstrap.log"
  touch "$base/complete"
fi

# make NAME FOLDER…: a base image with some folders and files of this machine.
make() {
  local name=$1 container
  shift
  buildah "${storage[@]}" inspect --type image "$name" >/dev/null 2>&1 && return
  container=$(buildah "${storage[@]}" from scratch)
  buildah "${storage[@]}" copy -q "$container" "$base" /
  for path in "$@"; do [ ! -e "$path" ] || buildah "${storage[@]}" copy -q "$container" "$path" "$path"; done
  buildah "${storage[@]}" config --env DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:"$dotnet_folder" "$container"
  for variable in SSL_CERT_FILE NODE_EXTRA_CA_CERTS; do
    [ -z "${!variable:-}" ] || buildah "${storage[@]}" config --env "$variable=${!variable}" "$container"
  done
  buildah "${storage[@]}" commit -q "$container" "$name" >/dev/null
  buildah "${storage[@]}" rm "$container" >/dev/null
}
echo "Base images…"
make realtime-test-runtime "$dotnet_folder/dotnet" "$dotnet_folder/host" "$dotnet_folder/shared"
node=$(readlink -f "$(command -v node)")
npm=$(readlink -f "$(command -v npm)")
mkdir -p "$base/usr/local/bin"
printf '#!/bin/sh\nexec %s %s "$@"\n' "$node" "$npm" >"$base/usr/local/bin/npm"
chmod 755 "$base/usr/local/bin/npm"
make realtime-test-sdk "$dotnet_folder" "$node" "$(dirname "$(dirname "$npm")")" \
  "$HOME/.nuget/NuGet/NuGet.Config" "$HOME/.npmrc" "${SSL_CERT_FILE:-/none}" "${NODE_EXTRA_CA_CERTS:-/none}"

for target in gateway silo; do
  [ -z "${NO_BUILD:-}" ] || continue
  echo "Image of the $target…"
  # The packages of this machine save a download; their hashes are checked against the lock files all the same.
  buildah "${storage[@]}" bud -q --isolation chroot --network host --volume "$HOME/.nuget/packages:/root/.nuget/packages" \
    --build-arg BASE_IMAGE_NODE=localhost/realtime-test-sdk --build-arg BASE_IMAGE_SDK=localhost/realtime-test-sdk \
    --build-arg BASE_IMAGE_RUNTIME=localhost/realtime-test-runtime \
    --target $target -f docker/Dockerfile -t realtime-$target . >"$folder/$target.log" 2>&1 || { tail -n 40 "$folder/$target.log" >&2; fail "The image of the $target could not be built."; }
done

run=$(mktemp -d)
servers=() containers=()
podman=(podman "${storage[@]}" --runtime runc --cgroup-manager cgroupfs)
stop() {
  for name in "${containers[@]}"; do "${podman[@]}" rm -f -t 0 "$name" >/dev/null 2>&1 || true; done
  for server in "${servers[@]}"; do kill -INT "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; done
  rm -rf "$run"
}
trap stop EXIT

echo "Storage…"
key=$(openssl rand -base64 64 | tr -d '\n')
AZURITE_ACCOUNTS="realtime:$key" node $azurite/node_modules/azurite/dist/src/azurite.js --silent --inMemoryPersistence \
  --disableTelemetry --skipApiVersionCheck --blobPort 0 --queuePort 0 --tablePort 0 >"$run/azurite.log" 2>&1 &
servers+=($!)
chmod 711 "$run"
install -d -o postgres -g postgres "$run/postgres"
as_postgres=(setpriv --reuid postgres --regid postgres --clear-groups)
(cd / && "${as_postgres[@]}" "$postgres_programs/initdb" -D "$run/postgres/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync) >"$run/postgres.log" 2>&1
(cd / && exec "${as_postgres[@]}" "$postgres_programs/postgres" -D "$run/postgres/data" -k "$run/postgres" -c listen_addresses=) >>"$run/postgres.log" 2>&1 &
servers+=($!)
until grep -q 'ready to accept' "$run/postgres.log" && [ "$(grep -c "successfully listening" "$run/azurite.log")" -ge 3 ]; do sleep 0.2; done
address() { grep "Azurite $1 service is successfully listening" "$run/azurite.log" | grep -oE 'http://[0-9.:]+'; }

operator_key=$(openssl rand -hex 32)
cat >"$run/cluster.env" <<END
DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0
Realtime__Cluster__Storage__ConnectionString=DefaultEndpointsProtocol=http;AccountName=realtime;AccountKey=$key;TableEndpoint=$(address Table)/realtime;BlobEndpoint=$(address Blob)/realtime
Realtime__Documents__Store=Postgres
Realtime__Documents__ConnectionString=Host=$run/postgres;Username=postgres;Database=postgres;GSS Encryption Mode=Disable
Realtime__Cluster__AdvertisedAddress=127.0.0.1
Realtime__SigningKeys__0__Id=test
Realtime__SigningKeys__0__Secret=$(openssl rand -base64 32)
Realtime__OperatorKey=$operator_key
END
grep SigningKeys "$run/cluster.env" >"$run/one.env"

# start NAME IMAGE PORT [OPTION…]
start() {
  local name=$1 image=$2 port=$3
  shift 3
  containers+=("$name")
  "${podman[@]}" run -d --name "$name" --network host --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges \
    --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 \
    -e ASPNETCORE_URLS=http://127.0.0.1:$port "$@" "$image" >/dev/null
}
ready() {
  for _ in $(seq ${WAIT:-240}); do
    [ "$(curl -s "http://127.0.0.1:$2/health/ready")" = true ] && { echo "$1 is ready."; return; }
    sleep 0.5
  done
  "${podman[@]}" logs "$1" 2>&1 | head -c 4000 >&2
  fail "$1 did not become ready."
}
# confined NAME: neither root nor able to write.
confined() {
  local pid
  pid=$("${podman[@]}" inspect --format '{{.State.Pid}}' "$1")
  [ "$(awk '/^Uid:/ {print $2}' "/proc/$pid/status")" = 1654 ] || fail "$1 does not run as user 1654."
  [ "$(awk '/^CapEff:/ {print $2}' "/proc/$pid/status")" = 0000000000000000 ] || fail "$1 has capabilities."
  grep -qE ' / / ro,' "/proc/$pid/mountinfo" || awk '$5 == "/" {print $6}' "/proc/$pid/mountinfo" | grep -q '^ro' || fail "the root file system of $1 is writable."
}
# ended NAME: SIGTERM is answered by an exit with 0.
ended() {
  "${podman[@]}" stop -t 60 "$1" >/dev/null
  [ "$("${podman[@]}" inspect --format '{{.State.ExitCode}}' "$1")" = 0 ] || { "${podman[@]}" logs --tail 20 "$1" >&2; fail "$1 did not stop in order."; }
}

start silo realtime-silo 18210 --env-file "$run/cluster.env" -e Realtime__Mode=Silo -e Realtime__Cluster__SiloPort=18211 \
  -e Realtime__Cluster__GatewayPort=18212 --volume "$run/postgres:$run/postgres"
start gateway realtime-gateway 18220 --env-file "$run/cluster.env"
ready silo 18210
ready gateway 18220
confined silo
confined gateway
tenant=$(curl -sf -H "Authorization: Bearer $operator_key" -d '{"name":"acme","plan":"idea"}' http://127.0.0.1:18220/operator/tenants | sed 's/.*"id":"\([^"]*\)".*/\1/')
database=$(curl -sf -H "Authorization: Bearer $operator_key" -d '{"name":"prod"}' "http://127.0.0.1:18220/operator/tenants/$tenant/databases" | sed 's/.*"publicKey":"\([^"]*\)".*/\1/')
token=$(curl -sf -H "SB-PUBLIC-KEY: $database" -H 'Content-Type: application/json' -d '{"email":"me@example.com","password":"a password"}' http://127.0.0.1:18220/register | tr -d '"')
curl -sf -H "SB-PUBLIC-KEY: $database" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d '{"text":"hello"}' http://127.0.0.1:18220/db/notes | grep -q '"text":"hello"' \
  || fail "A document could not be written through the images."
echo "A document went through gateway, silo, PostgreSQL and the emulator."
ended gateway
ended silo

mkdir "$run/data" && chown 1654:1654 "$run/data"
start all-in-one realtime-silo 18230 --env-file "$run/one.env" --volume "$run/data:/data"
ready all-in-one 18230
confined all-in-one
ended all-in-one
[ -s "$run/data/grains.db" ] || fail "The all-in-one process kept nothing on its volume."
echo "All images run as they are deployed."
