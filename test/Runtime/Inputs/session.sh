#!/bin/sh
# A session daemon around the steps of a test.
#
#   session.sh DIR [OPTION...]
#
# DIR (a test's split-file directory) holds jobs/*.conf and steps.sh. The jobs
# are compiled to DIR/jobs.table and a daemon boots from that, unless an OPTION
# says where jobs come from. steps.sh runs with INITCTL, DAEMON_PID, DIR and
# UPSTART_SESSION; then the daemon gets SIGTERM and must end by itself.
# Prints what steps.sh prints, then the daemon's messages with pids as PID, then
# how it ended. INITD, INITCTL and CHECKCONF name the programs.
set -u
DIR=$1
shift
mkdir -p "$DIR/run" "$DIR/log" "$DIR/jobs"
chmod 700 "$DIR/run"
case " $*" in
*" --table"* | *-confdir*) ;;
*)
	"$CHECKCONF" --noscript --emit=table -o "$DIR/jobs.table" --confdir "$DIR/jobs" >"$DIR/compile.out" 2>&1
	set -- --table "$DIR/jobs.table" "$@"
	;;
esac

clean="PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=linux LC_ALL=C HOME=$DIR DIR=$DIR XDG_RUNTIME_DIR=$DIR/run"
# shellcheck disable=SC2086
(cd "$DIR" && exec env -i $clean INITCTL="$INITCTL" ${WITH:-} "$INITD" --user --no-dbus --logdir "$DIR/log" "$@") \
	>"$DIR/messages" 2>&1 </dev/null &
pid=$!

address=
n=0
while [ $n -lt 200 ] && kill -0 $pid 2>/dev/null; do
	address=$(sed -n 's/^UPSTART_SESSION=//p' "$DIR/run/upstart/sessions/$pid.session" 2>/dev/null)
	if [ -n "$address" ] && env -i $clean UPSTART_SESSION="$address" "$INITCTL" version >/dev/null 2>&1; then
		break
	fi
	address=
	n=$((n + 1))
	sleep 0.05
done

if [ -n "$address" ] && [ -f "$DIR/steps.sh" ]; then
	(cd "$DIR" && exec env -i $clean UPSTART_SESSION="$address" INITCTL="$INITCTL" DAEMON_PID=$pid \
		timeout -k 1 60 sh "$DIR/steps.sh" 2>&1) </dev/null
fi

kill -TERM $pid 2>/dev/null
n=0
while [ $n -lt 300 ] && kill -0 $pid 2>/dev/null; do
	n=$((n + 1))
	sleep 0.05
done
kill -KILL $pid 2>/dev/null && echo "THE DAEMON DID NOT END"
wait $pid
status=$?
echo "--- messages"
sed -e "s|$DIR|DIR|g" -e 's/([0-9][0-9]*)/(PID)/g' "$DIR/messages"
echo "--- ended with status $status"
ls -A "$DIR/run/upstart/sessions" 2>/dev/null
exit 0
