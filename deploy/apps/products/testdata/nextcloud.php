<?php
// Sends one mail as Nextcloud does (lib/private/Mail/Mailer.php), with its configuration's file.
// php nextcloud.php FILE SUBJECT
require '/usr/share/php/Symfony/Component/Mailer/autoload.php';
use Symfony\Component\Mailer\Mailer;
use Symfony\Component\Mailer\Transport\Smtp\EsmtpTransport;
use Symfony\Component\Mime\Email;

require $argv[1];
$transport = new EsmtpTransport($CONFIG['mail_smtphost'], $CONFIG['mail_smtpport'],
    $CONFIG['mail_smtpsecure'] === 'ssl' ? true : null);
$transport->getStream()->setTimeout(10);
if ($CONFIG['mail_smtpauth']) {
    $transport->setUsername($CONFIG['mail_smtpname']);
    $transport->setPassword($CONFIG['mail_smtppassword']);
}
(new Mailer($transport))->send((new Email())->from('app@example.com')->to('you@example.net')->subject($argv[2])->text('Hello.'));
