<?php
// WordPress's own place for another database: one with nothing in it.
class Nothing extends wpdb
{
    public function __construct() {}
    public function query($query) { return 0; }
    public function get_results($query = null, $output = OBJECT) { return []; }
    public function get_row($query = null, $output = OBJECT, $y = 0) { return null; }
    public function get_col($query = null, $x = 0) { return []; }
    public function get_var($query = null, $x = 0, $y = 0) { return null; }
    public function get_col_charset($table, $column) { return 'utf8mb4'; }
    public function _real_escape($data) { return addslashes((string) $data); }
    public function suppress_errors($suppress = true) { return true; }
    public function db_version() { return '8.0'; }
    public function set_prefix($prefix, $set_table_names = true) { return parent::set_prefix($prefix, $set_table_names); }
}
$wpdb = new Nothing();
