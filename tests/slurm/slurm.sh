#!/bin/sh
# slurm.sh BUILD - extract/slurm.sh against a real Slurm: this machine as a cluster, in a folder of its own, with its own munge.
#
# An array of 4 over drawn photos, all elements at once: one is killed with SIGKILL, one is told that its time is up, one is
# requeued by Slurm itself as a preempted one is. All go on, and the joined store must equal that of one run. Then the same
# by GNU parallel.
set -u

build=$(cd "$1" && pwd) || exit 2
here=$(cd "$(dirname "$0")/../.." && pwd)
export PATH="$build/bin:$PATH"
parts=4 patience_s=300

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
missing=
for pair in slurmctld:slurm-wlm munged:munge parallel:parallel; do
    PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
if [ -n "$missing" ]; then
    echo "Installing:$missing"
    # shellcheck disable=SC2086
    { $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing; } >/dev/null 2>&1 ||
        { echo "test-slurm: please install (Debian names):$missing" >&2; exit 2; }
fi
export PATH="$PATH:/usr/sbin"
[ "$(id -u)" = 0 ] || { echo "test-slurm: slurmd runs jobs as root only: sudo make test-slurm" >&2; exit 2; }

work=$(mktemp -d)
stop_daemon() { # stop_daemon PIDFILE: ends it, waits until it is gone
    [ -s "$1" ] || return 0
    daemon=$(cat "$1")
    kill "$daemon" 2>/dev/null
    tries=0
    while kill -0 "$daemon" 2>/dev/null && [ $tries -lt 100 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    kill -KILL "$daemon" 2>/dev/null
}
clean_up() {
    [ ! -s "$work/slurmctld.pid" ] || { scancel --me >/dev/null 2>&1 && sleep 1; }
    for name in slurmd slurmctld munged; do
        stop_daemon "$work/$name.pid"
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
fail() {
    echo "test-slurm: $*" >&2
    for log in "$work"/*.log "$work"/store.tl.parts/*.log; do
        [ ! -s "$log" ] || { echo "--- $log" >&2; tail -20 "$log" >&2; }
    done
    exit 1
}
await() { # await WHAT WORDS...: until the command succeeds
    what=$1
    shift
    until_s=$(($(date +%s) + patience_s))
    until "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -lt "$until_s" ] || fail "$what: not within $patience_s s"
        sleep 0.1
    done
}

# ---- a cluster of one machine ----

host=$(hostname -s)
mkdir "$work/state" "$work/spool"
chmod 755 "$work"
head -c 1024 /dev/urandom >"$work/munge.key"
chmod 400 "$work/munge.key"
munged --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
    --log-file="$work/munged.log" --seed-file="$work/munge.seed" || fail "munged does not start"
free_port() { # free_port FROM: one on which nobody listens
    port=$1
    while grep -qi ":$(printf '%04X' "$port") 00000000:0000 0A" /proc/net/tcp; do
        port=$((port + 1))
    done
    echo "$port"
}
export SLURM_CONF="$work/slurm.conf"
cat >"$SLURM_CONF" <<EOF
ClusterName=tl
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port 26817)
SlurmdPort=$(free_port 26918)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2,batch_sched_delay=0
ReturnToService=2
KillWait=5
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=$parts State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
EOF
slurmctld || fail "slurmctld does not start"
slurmd -N "$host" || fail "slurmd does not start"
await 'the cluster' sh -c 'sinfo --noheader --format=%T | grep -qx idle'

# ---- the job ----

cd "$work" || exit 2
"$build/tests/demo/draw_skies" skies >/dev/null || fail "no photos could be drawn"
echo 'no photo' >skies/Train/rain/broken.jpg
cp skies/Train/rain/rain01.* skies/Test/rain/ # the same bytes on both sides of the split
tl-extract one.tl skies --variants 3 --quiet
[ $? -le 1 ] || fail "the one run failed"
want=$(tl-store info one.tl --digest)

sh "$here/extract/slurm.sh" $parts store.tl skies --variants 3 --threads 1 || fail "it could not be submitted"
features() { # features I: in the store of part I
    sqlite3 -readonly -batch "store.tl.parts/$1-of-$parts.tl" 'SELECT count(*) FROM feature' 2>/dev/null || echo 0
}
find_extract() { # find_extract I: the process that computes part I, not one of its decoders
    for folder in /proc/[0-9]*; do
        words=$(tr '\0' ' ' <"$folder/cmdline" 2>/dev/null | cut -d ' ' -f 1,2)
        [ "$words" = "tl-extract store.tl.parts/$1-of-$parts.tl" ] || continue
        parent=$(sed -n 's/^PPid:[^0-9]*//p' "$folder/status" 2>/dev/null)
        [ "$(cat "/proc/$parent/comm" 2>/dev/null)" != tl-extract ] || continue
        [ "$(readlink "$folder/cwd")" = "$work" ] && echo "${folder#/proc/}" && return
    done
    return 1
}
is_log_with() { # is_log_with I WORDS
    grep -q "$2" "store.tl.parts/$1-of-$parts.log"
}
element() { # element I: its job's id for Slurm
    squeue --noheader --array --name=tl-extract --format='%F_%K' | grep "_$1\$"
}
most=0
count_at_once() {
    now=$(squeue --noheader --array --states=RUNNING --name=tl-extract | wc -l)
    [ "$now" -le "$most" ] || most=$now
    [ "$most" -ge 2 ] && find_extract 2 && find_extract 3
}
await 'several elements at once' count_at_once
has_features() { [ "$(features "$1")" -gt 0 ]; }
await 'features of part 2' has_features 2
kill -KILL "$(find_extract 2)" || fail "part 2 could not be killed"
scancel --signal=USR1 --batch "$(element 3)" || fail "part 3 could not be told that its time is up"
scontrol requeue "$(element 4)" || fail "part 4 could not be requeued"
await 'part 2 back in the queue' is_log_with 2 'was killed.*back into the queue'
await 'part 3 back in the queue' is_log_with 3 'out of time.*back into the queue'
echo "$most elements at once. Part 2 was killed with $(features 2) features, part 3 stopped with $(features 3),"
echo "part 4 requeued with $(features 4); all three go on."
await 'the joined store' test -e store.tl
await 'the end of all jobs' sh -c '[ -z "$(squeue --noheader)" ]'
grep 'parts of one job' store.tl.parts/merge.log || fail "what the merge said"
[ "$(tl-store info store.tl --digest)" = "$want" ] || fail "the joined store does not equal one run"
echo "An array of $parts, one element killed, one stopped and one preempted, equals one run: $want"

# ---- ssh and no cluster ----

mkdir parts
parallel --will-cite -j 2 tl-extract parts/{}-of-3.tl skies --variants 3 --threads 1 --quiet --shard {}/3 ::: 1 2 3 2>/dev/null
tl-store merge parallel.tl parts/*.tl || fail "the parts of parallel do not join"
[ "$(tl-store info parallel.tl --digest)" = "$want" ] || fail "GNU parallel's parts do not equal one run"
echo "GNU parallel's three parts equal it too"
