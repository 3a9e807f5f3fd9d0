#!/bin/sh
# slurm.sh PARTS STORE DIR... [options of tl-extract] - one extraction as a Slurm array, and a job that joins its parts.
#
#     sh slurm.sh 16 weather.tl weather/ --variants 5
#
# Element i is tl-extract --shard i/PARTS into STORE.parts/i-of-PARTS.tl, its messages in the .log beside it. PARTS is fixed
# when the array is submitted, so that an element that runs again, alone, is still the same part. When all elements have
# succeeded, tl-store merge makes STORE. Options for sbatch go into TL_SBATCH, and for the joining job into TL_SBATCH_MERGE:
#
#     TL_SBATCH="--partition=short --time=4:00:00 --cpus-per-task=8 --mem=4G" sh slurm.sh 16 weather.tl weather/
#
# An element that runs out of time is told two minutes before, stops at a commit, is put back into the queue and goes on from
# there; so is one that was killed, and one that Slurm itself preempts or whose machine fails. After whatever else stopped it,
# the same command once more computes only what is missing. STORE, DIR and both tools must be what they are here on every
# machine.
set -u

restarts_max=20 # of one element; each goes on where the last was, so that more is a fault and not a long job

fail() {
    echo "slurm.sh: $*" >&2
    exit 2
}

submit() { # submit PARTS STORE DIR...
    parts=$1 store=$2
    [ ! -e "$store" ] || fail "$store is there already: name a new store; tl-store merge can join it with that one afterwards"
    for tool in sbatch tl-extract tl-store; do
        command -v "$tool" >/dev/null || fail "$tool is not in PATH"
    done
    mkdir -p "$store.parts" || exit 2
    # shellcheck disable=SC2086
    array=$(sbatch --parsable --job-name=tl-extract --array="1-$parts" --requeue --open-mode=append --signal=B:USR1@120 \
        --output="$store.parts/%a-of-$parts.log" ${TL_SBATCH:-} "$0" part "$@") || exit 2
    array=${array%%;*}
    # shellcheck disable=SC2086
    merge=$(sbatch --parsable --job-name=tl-merge --dependency="afterok:$array" --open-mode=append \
        --output="$store.parts/merge.log" ${TL_SBATCH_MERGE:-} "$0" merge "$parts" "$store") || exit 2
    echo "array $array computes $parts parts, then job ${merge%%;*} joins them into $store; messages are in $store.parts"
}

requeue() { # requeue WHY: the same element once more, unless it was too often
    if [ "${SLURM_RESTART_COUNT:-0}" -ge "$restarts_max" ]; then
        echo "slurm.sh: $1; not put back into the queue after $restarts_max times: the same command goes on from here" >&2
        return 1
    fi
    echo "slurm.sh: $1; it goes back into the queue" >&2
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
}

compute() { # compute PARTS STORE DIR...: in an element of the array
    part=$SLURM_ARRAY_TASK_ID/$1 part_store=$2.parts/$SLURM_ARRAY_TASK_ID-of-$1.tl
    shift 2
    child=
    is_time_up=no
    trap 'is_time_up=yes; [ -z "$child" ] || kill -TERM "$child"' USR1
    trap : TERM # Slurm has told tl-extract too, which stops at a commit; that is waited for
    tl-extract "$part_store" "$@" --shard "$part" &
    child=$!
    code=0
    wait "$child" || code=$?
    while kill -0 "$child" 2>/dev/null; do # a signal has ended the waiting, not tl-extract
        code=0
        wait "$child" || code=$?
    done
    case $code in
    0) ;;
    1) code=0 ;; # photos that could not be read are in the store, and in the log
    3) [ "$is_time_up" = no ] || ! requeue "part $part is out of time" || code=0 ;;
    129 | 13[0-9] | 1[4-9][0-9]) ! requeue "part $part was killed (exit $code)" || code=0 ;;
    esac
    exit "$code"
}

merge() { # merge PARTS STORE: in the job that joins
    parts=$1 store=$2
    set --
    i=1
    while [ "$i" -le "$parts" ]; do
        set -- "$@" "$store.parts/$i-of-$parts.tl"
        i=$((i + 1))
    done
    exec tl-store merge "$store" "$@"
}

case ${1:-} in
part)
    shift
    compute "$@"
    ;;
merge)
    shift
    merge "$@"
    ;;
*)
    [ $# -ge 3 ] || fail "the number of parts, a new store and at least one folder of photos are needed"
    case $1 in
    0* | *[!0-9]*) fail "the number of parts is from 1 on, not '$1'" ;;
    esac
    submit "$@"
    ;;
esac
