# Re-executes the daemon again and again while jobs start and stop, events wait
# and logs are written, then says what has become of it all.
#
#   reexec-steps.sh NUMBER
#
# Runs as a test's steps (session.sh): INITCTL, DAEMON_PID, UPSTART_SESSION.
NUMBER=$1

restart() {
	dbus-send --peer="$UPSTART_SESSION" --print-reply --type=method_call \
		/com/ubuntu/Upstart com.ubuntu.Upstart0_6.Restart >/dev/null 2>&1
}

until $INITCTL status counter | grep -q running && test -e fork-began; do sleep 0.05; done
counter=$($INITCTL status counter)
forking=$($INITCTL status forking | sed 's/,.*//')
echo "before: $forking"

# Held by a half-true condition for as long as the test lasts.
$INITCTL emit --no-wait half COLOUR=green

n=0
while [ $n -lt "$NUMBER" ]; do
	n=$((n + 1))
	# What waits gets an error or its answer, never silence.
	$INITCTL emit slow N=$n >/dev/null 2>&1 &
	emitter=$!
	$INITCTL start --no-wait worker N=$n >/dev/null 2>&1
	restart
	wait $emitter
	[ $n -eq 1 ] && : >let-fork
	[ $n -gt 2 ] && $INITCTL stop worker N=$((n - 2)) >/dev/null 2>&1
done
[ "$counter" = "$($INITCTL status counter)" ] && echo "the counter is the same process"
until $INITCTL status forking | grep -q running; do sleep 0.05; done
echo "after: $($INITCTL status forking | sed 's/,.*//')"
until $INITCTL status worker N=$NUMBER | grep -q start/running; do sleep 0.05; done
$INITCTL list | grep -c '^worker.*start/running'
$INITCTL emit other
until test -e both-came; do sleep 0.05; done
cat both-came
$INITCTL stop counter
# Every line once, in order, whichever image wrote it.
awk '{ if ($2 + 0 != NR) { print "line", NR, "is", $0; exit } } END { if (NR > 3) print "the log is whole" }' log/counter.log
# Five times a second it is on its way there.
until $INITCTL status respawning | grep -q start/running; do sleep 0.05; done
echo "respawning start/running"
until [ "$(grep -c run log/respawning.log)" -gt 2 ]; do sleep 0.05; done
echo respawned
ls /proc/$DAEMON_PID/fd | wc -l | awk '{ if ($1 < 60) print "descriptors are not lost"; else print $1 " descriptors" }'
