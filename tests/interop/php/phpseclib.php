<?php

// Uses a server with phpseclib: each function is one thing that users do, and prints what came of it.
//
// Host, port, file of known hosts, what to do, and if the login is by key, its file.

declare(strict_types=1);

require 'phpseclib3/autoload.php';

use phpseclib3\Crypt\PublicKeyLoader;
use phpseclib3\Net\SFTP;

set_error_handler(function (int $level, string $message, string $file, int $line): bool {
    // What the library itself says with `user_error` when a server refuses is read with `getLastSFTPError`.
    throw new ErrorException($message, 0, $level, $file, $line);
}, E_ALL & ~E_DEPRECATED & ~E_USER_NOTICE & ~E_USER_DEPRECATED);

function uname(SFTP $sftp): void
{
    echo $sftp->exec('uname -r');
}

function says(mixed $value): void
{
    echo json_encode($value, JSON_UNESCAPED_SLASHES), "\n";
}

/** Everything that is no transfer. */
function operations(SFTP $sftp): void
{
    says([$sftp->getNegotiatedVersion(), $sftp->pwd()]);
    says([$sftp->mkdir('dir', 0750), $sftp->chdir('dir'), $sftp->pwd()]);
    says($sftp->put('one', "content\n"));
    says([$sftp->chmod(0640, 'one'), $sftp->chown('one', 77), $sftp->chgrp('one', 88)]);
    says([$sftp->touch('one', 1_100_000_000, 1_000_000_000), $sftp->symlink('one', 'link')]);
    $names = $sftp->nlist();
    sort($names);
    says($names);
    $sftp->clearStatCache();
    $stat = $sftp->stat('link');
    says([$stat['size'], decoct($stat['mode']), $stat['uid'], $stat['gid'], $stat['atime'], $stat['mtime']]);
    says([$sftp->is_link('link'), $sftp->readlink('link'), $sftp->is_dir('.'), $sftp->file_exists('missing')]);
    $refused = function (mixed $result) use ($sftp): void {
        says([$result, $sftp->getLastSFTPError()]);
    };
    $refused($sftp->get('missing'));
    $refused($sftp->mkdir('../dir'));
    $refused($sftp->rmdir('../dir'));
    $refused($sftp->delete('missing', false));
    says([$sftp->put('two', ''), $sftp->rename('one', 'two')]);
    says([$sftp->delete('two', false), $sftp->rename('one', 'two'), $sftp->delete('link', false)]);
    says([$sftp->truncate('two', 4), $sftp->put('two', "ext\n", SFTP::RESUME), $sftp->get('two')]);
    says([$sftp->mkdir('../a/b/c', -1, true), $sftp->delete('../a', true)]);
}

function transfers(SFTP $sftp): void
{
    says($sftp->put('remote', 'local', SFTP::SOURCE_LOCAL_FILE));
    says($sftp->get('remote', 'back'));
    says($sftp->get('remote', false, 100_000, 9) === substr(file_get_contents('local'), 100_000, 9));
    says($sftp->put('resumed', 'head', SFTP::SOURCE_LOCAL_FILE));
    $there = $sftp->filesize('resumed');
    says($sftp->put('resumed', 'local', SFTP::SOURCE_LOCAL_FILE, $there, $there));
}

[, $host, $port, $knownHosts, $what] = $argv;
$sftp = new SFTP($host, (int) $port, 30);
// It knows no files of known hosts: its users compare the key.
if (!str_contains(file_get_contents($knownHosts), "[$host]:$port " . $sftp->getServerPublicHostKey() . "\n")) {
    throw new UnexpectedValueException('the host key is not known: ' . $sftp->getServerPublicHostKey());
}
$credential = isset($argv[5]) ? PublicKeyLoader::load(file_get_contents($argv[5])) : 'hunter2';
if ($sftp->login('anna', $credential)) {
    match ($what) {
        'exec' => uname($sftp),
        'operations' => operations($sftp),
        'transfers' => transfers($sftp),
    };
} else {
    echo "refused\n";
}
$sftp->disconnect();
