#!/bin/sh
# Prints "OBJECT FUNCTION" for each function of libdbus that an object of the
# server's library calls. The library is found beside the daemon given.
library=$(dirname "$1")/../lib/Runtime/Control/libstarton-control.a
nm -A --undefined-only "$library" | sed -n 's/^.*:\([A-Za-z]*\.cpp\.o\):.* U \(_*dbus_.*\)$/\1 \2/p' | LC_ALL=C sort
echo END
