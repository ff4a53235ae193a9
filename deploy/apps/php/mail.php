<?php

// config/mail.php of a Laravel application: the credential is in the file that smtprotate follow keeps.

$ses = json_decode((string) file_get_contents(env('SES_CREDENTIAL_FILE')), true, 512, JSON_THROW_ON_ERROR);

return [
    'default' => 'smtp',
    'mailers' => [
        'smtp' => [
            'transport' => 'smtp',
            // On these ports SES speaks TLS from the start, and on all others it changes over with STARTTLS.
            'scheme' => in_array((int) $ses['port'], [465, 2465], true) ? 'smtps' : 'smtp',
            'host' => $ses['host'],
            'port' => (int) $ses['port'],
            'username' => $ses['username'],
            'password' => $ses['password'],
            'timeout' => 30,
        ],
    ],
    'from' => ['address' => env('MAIL_FROM_ADDRESS'), 'name' => env('MAIL_FROM_NAME')],
];
