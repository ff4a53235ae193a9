<?php

// config/mail.php of a Laravel application: the credential is in the file that smtprotate follow keeps.

// While an image is built, the file doesn't exist yet. The configuration still loads, and mail fails
// with a host that says why.
$file = (string) env('SES_CREDENTIAL_FILE');
$text = is_file($file) ? @file_get_contents($file) : false;
$ses = $text === false ? [] : json_decode($text, true, 512, JSON_THROW_ON_ERROR);
$missing = $text === false ? 'there-is-no-ses-credential-file' : 'the-ses-credential-has-no-smtps-url';

// With smtps, TLS comes first. With smtp, Symfony's mailer, which Laravel uses, would log in without
// TLS if somebody in the middle removed STARTTLS.
$url = parse_url($ses['smtps_url'] ?? "smtps://$missing.invalid:465");

return [
    'default' => 'smtp',
    'mailers' => [
        'smtp' => [
            'transport' => 'smtp',
            'scheme' => 'smtps',
            'encryption' => 'tls', // the same, for the first versions of Laravel 9
            'host' => $url['host'],
            'port' => $url['port'],
            'username' => $ses['username'] ?? null,
            'password' => $ses['password'] ?? null,
            'timeout' => 30,
            'ping_threshold' => 5, // SES ends a connection after ten seconds of silence
        ],
    ],
    'from' => ['address' => env('MAIL_FROM_ADDRESS'), 'name' => env('MAIL_FROM_NAME')],
];
