#!/bin/sh
# After an installation or an upgrade, on Debian and with RPM. Nothing starts by itself: the service needs a secret's name.
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart smtprotate-postfix.service
fi
exit 0
