module grafana

go 1.26

require gopkg.in/mail.v2 v2.3.1

require gopkg.in/alexcesaro/quotedprintable.v3 v3.0.0-20150716171945-2caba252f4dc // indirect
