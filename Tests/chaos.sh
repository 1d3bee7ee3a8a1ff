#!/usr/bin/env bash
# Runs the chaos test for longer than the gate does (docs/testing.md).
#   bash Tests/chaos.sh [--seed 7] [--minutes 20] [--clients 300] [--test faults|restart|upgrade]
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=10
test=faults
while [ $# -gt 0 ]; do
  case "$1" in
    --seed) export CHAOS_SEED="$2" ;;
    --minutes) minutes="$2" ;;
    --clients) export CHAOS_CLIENTS="$2" ;;
    --test) test="$2" ;;
    *) echo "usage: bash Tests/chaos.sh [--seed N] [--minutes N] [--clients N] [--test faults|restart|upgrade]" >&2; exit 2 ;;
  esac
  shift 2 || { echo "an argument lacks its value" >&2; exit 2; }
done

case "$test" in
  faults) filter='*ChaosTests.Cluster_KeepsItsPromises_WhateverFaultBefallsIt' ;;
  restart) filter='*ChaosTests.Cluster_KeepsItsPromises_WhenEveryProcessIsRestarted' ;;
  upgrade) filter='*RollingUpgradeTests.*' ;;
  *) echo "no such test: $test" >&2; exit 2 ;;
esac

dotnet build Realtime.Orleans.sln --configuration Release --nologo --verbosity quiet
export CHAOS_MINUTES="$minutes" CHAOS_WATCH=1
exec dotnet Tests/bin/Release/net10.0/Realtime.Tests.dll --filter-method "$filter" --explicit on --no-progress
