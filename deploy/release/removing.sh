#!/bin/sh
# Before a removal, not before an upgrade: Debian says "remove", and RPM 0.
case $1 in
  remove | 0)
    if [ -d /run/systemd/system ]; then
      systemctl disable --now smtprotate-postfix.service
    fi
    ;;
esac
exit 0
