<?php
// Sends a mail with wp_mail of the whole WordPress, plugins that must be used among it.
define('ABSPATH', '/usr/share/wordpress/');
define('WP_CONTENT_DIR', ABSPATH . 'wp-content');
define('WP_INSTALLING', true);
define('WP_SITEURL', 'https://app.example.com');
define('WP_HOME', 'https://app.example.com');
define('DB_NAME', '');
define('DB_USER', '');
define('DB_PASSWORD', '');
define('DB_HOST', '');
$table_prefix = 'wp_';
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = 'app.example.com';
require ABSPATH . 'wp-settings.php';
add_action('wp_mail_failed', fn ($error) => print($error->get_error_message()));
exit(wp_mail('you@example.net', $argv[1], 'Hello.') ? 0 : 1);
