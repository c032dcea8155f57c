/// The shell script that owns an embedded server.
enum Watchdog {
  /// Arguments: home, socket directory, `keep` or `remove`, setpriv's identity flags, the server's bin directory, the
  /// server's arguments. Descriptor 0: our end of the leash. Descriptor 8: ends when the server and this script have
  /// ended. Descriptor 9: the lock of the home, taken by who starts this, which the server's processes inherit, so that
  /// a new start waits for the last of them.
  static let script = #"""
    home=$1 sockets=$2 after=$3 identity=$4 bin=$5
    shift 5
    trap '' HUP INT TERM
    cd /
    umask 077
    leave() {
      exec 8>&-
      if [ "$after" = remove ]; then rm -rf "$home"; fi
      if [ "$sockets" != "$home" ]; then rm -rf "$sockets"; fi
      exit "$1"
    }
    if [ ! -e "$home/data/PG_VERSION" ]; then
      rm -rf "$home/new"
      # C is the fast collation; the character type still knows all of Unicode.
      if ! setpriv --pdeathsig KILL $identity "$bin/initdb" -D "$home/new" --username=postgres --encoding=UTF8 \
        --locale=C --lc-ctype=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 --pwfile="$home/password" \
        --no-sync --no-instructions </dev/null 9>&-
      then
        # Gives the reader of the log time: the directory goes when the leash ends.
        exec 8>&-
        read -r order
        leave 70
      fi
      mv "$home/new" "$home/data"
    fi
    { exec setpriv --pdeathsig QUIT $identity "$bin/postgres" -D "$home/data" "$@" </dev/null; } &
    server=$!
    exec 8>&-
    read -r order || order=gone
    if [ "$order" = stop ]; then kill -INT "$server"; else kill -QUIT "$server"; fi
    wait "$server"
    leave 0
    """#
}
