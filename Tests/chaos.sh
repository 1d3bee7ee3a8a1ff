#!/usr/bin/env bash
# Runs the chaos test for longer than the gate does (docs/testing.md).
#   bash Tests/chaos.sh [--seed 7] [--minutes 20 | --count 50] [--clients 300] [--faults KillSilo,…] [--test faults|restart|upgrade] [--from commit]
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=
test=faults
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
  case "$1" in
    --seed) export CHAOS_SEED="$2" ;;
    --minutes) minutes="$2" ;;
    --count) export CHAOS_COUNT="$2" ;;
    --clients) export CHAOS_CLIENTS="$2" ;;
    --faults) export CHAOS_FAULTS="$2" ;;
    --from) export CHAOS_UPGRADE_FROM="$2" ;;
    --test) test="$2" ;;
    *) grep "^#   " "$0" | sed "s/^#   /usage: /" >&2; exit 2 ;;
  esac
  shift 2
done

case "$test" in
  faults) filter='*ChaosTests.Cluster_KeepsItsPromises_WhateverFaultBefallsIt' ;;
  restart) filter='*ChaosTests.Cluster_KeepsItsPromises_WhenEveryProcessIsRestarted' ;;
  upgrade) filter='*RollingUpgradeTests.*' ;;
  *) echo "no such test: $test" >&2; exit 2 ;;
esac

dotnet build Realtime.Orleans.sln --configuration Release --nologo --verbosity quiet
[ -n "$minutes" ] || [ -n "${CHAOS_COUNT:-}" ] || minutes=10
export CHAOS_MINUTES="$minutes" CHAOS_WATCH=1
exec dotnet Tests/bin/Release/net10.0/Realtime.Tests.dll --filter-method "$filter" --explicit on --progress off
