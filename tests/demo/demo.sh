#!/bin/sh
# demo.sh BUILD [PHOTOS] - the whole main job: extract, train, classify, two questions in SQL. Each command is shown, then run.
set -eu

build=$1
photos=${2:-}
bin=$build/bin
mkdir -p "$build/demo"

if [ -n "$photos" ]; then
    [ -d "$photos" ] || { echo "tl: PHOTOS=$photos is no folder" >&2; exit 2; }
    store=$build/demo/photos.tl
else
    photos=$build/demo/skies
    store=$build/demo/skies.tl
    echo "No PHOTOS=folder given, so the demo draws pictures of four kinds of sky. They are drawn, not photographed:"
    echo "what follows shows how the tools work, not how well they do on photos."
    rm -rf "$photos"
    "$build/release/tests/demo/draw_skies" "$photos"
fi
rm -f "$store" "$store-wal" "$store-shm"

show() { # show WORDS...: the command as one would type it, then its output
    printf '\n$'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./:=-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}
tolerate_skips() { # exit 1 says that some photos were skipped, which is no reason to stop here
    status=0
    show "$@" || status=$?
    [ "$status" -le 1 ] || exit "$status"
}

tolerate_skips "$bin/tl-extract" "$store" "$photos" --variants 1
show "$bin/tl-train" "$store" --name first

# Some photos to name: of the test split where there is one.
some=$(find "$photos" -ipath '*/test/*' -type f ! -name '.*' | sort | awk 'NR % 4 == 1' | head -6)
[ -n "$some" ] || some=$(find "$photos" -type f ! -name '.*' | sort | awk 'NR % 7 == 1' | head -6)
old_ifs=$IFS
IFS='
'
# shellcheck disable=SC2086
tolerate_skips "$bin/tl-classify" "$store" $some --top 2
IFS=$old_ifs

show sqlite3 -box "$store" "SELECT split, class, photos, distinct_photos FROM class_balance"
show sqlite3 -box "$store" "SELECT place, name, round(val_loss, 4) AS val_loss, val_accuracy, round(test_loss, 4) AS test_loss, test_accuracy, train_ms FROM leaderboard"
printf '\nEverything is in %s. Next: make demo PHOTOS=your-folder, or %s/tl-extract --help.\n' "$store" "$bin"
