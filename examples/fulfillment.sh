#!/usr/bin/env bash
# Ships every paid order of a shop, as a cron job would: safe to run again at any time, because each shipment carries a
# key of its own and a repeated call is the same call.
#
#   SUTLER_STORE=sqlite:shop.db examples/fulfillment.sh
set -euo pipefail

sutler=${SUTLER:-sutler}
carrier=${CARRIER:-dhl}

# Finish or undo whatever a crash left open, then make the provider calls that are due.
"$sutler" recover --quiet >/dev/null

"$sutler" order list --stage confirmed --limit 200 --format ndjson |
    sed -n 's/.*"number":\([0-9]*\).*/\1/p' |
    while read -r number; do
        "$sutler" fulfill ship "$number" --carrier "$carrier" --tracking "JD$number" --key "ship-$number" --quiet >/dev/null
        echo "shipped $number"
    done

# The books must be right after every run: what is off ends the script with an error.
"$sutler" verify --quiet >/dev/null
