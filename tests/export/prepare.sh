# prepare.sh - sourced: `work` is a folder with the store s.tl of some photos, and in it a head of every kind.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
photos=$2
if [ -z "$photos" ]; then
    "$3" "$work/skies" >/dev/null
    photos=$work/skies
fi
"$1/tl-extract" "$work/s.tl" "$photos" --quiet
kinds=
train_head() { # train_head NAME OPTIONS...: one run, few epochs, so that no probability is 0 or 1
    kinds="$kinds $1"
    name=$1
    shift
    "$bin/tl-train" "$work/s.tl" --name "$name" --epochs 3 --quiet "$@" >/dev/null
}
bin=$1
train_head plain
train_head keras --keras
train_head avg --pool avg
train_head hidden --hidden 24
train_head avg-hidden --pool avg --hidden 24
