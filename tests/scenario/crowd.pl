#!/usr/bin/perl
# Connect to a node's port as strangers do, from loopback only.
#
#   crowd.pl PORT NUMBER SECONDS    so many connections at a time, held and
#                                   opened again when cut; some say nothing,
#                                   some half a handshake, some nonsense
#   crowd.pl PORT slow SECONDS      one connection, a byte a second
#
# Prints how many were opened, and at most how many were open at a time.
use strict;
use warnings;
use Errno qw(EINPROGRESS);
use Fcntl;
use IO::Poll qw(POLLIN POLLOUT POLLERR POLLHUP);
use Socket;
use Time::HiRes qw(time sleep);

my ($port, $number, $seconds) = @ARGV;
my $to = pack_sockaddr_in($port, inet_aton("127.0.0.1"));
my $end = time + $seconds;

# The first bytes of a TLS handshake, which promise more.
my $hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
my @words = ("", "", $hello, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\0" x 64);

sub connection {
	socket(my $s, PF_INET, SOCK_STREAM, 0) or return;
	fcntl($s, F_SETFL, O_NONBLOCK) or die "fcntl: $!\n";
	connect($s, $to) or $! == EINPROGRESS or return;
	return $s;
}

$SIG{PIPE} = 'IGNORE';
if ($number eq "slow") {
	my ($sent, $s) = (0, undef);
	my $bytes = $hello . "\0" x 4096;
	while (time < $end) {
		$s //= connection();
		sleep 1;
		my $n = syswrite($s, substr($bytes, $sent % 4000, 1));
		defined $n ? $sent++ : ($s = undef);
	}
	print "sent $sent bytes\n";
	exit 0;
}

my ($opened, $most, %open) = (0, 0);
my $poll = IO::Poll->new;
while (time < $end) {
	for (1 .. 500) {
		last if keys %open >= $number;
		my $s = connection() or last;
		$open{fileno $s} = [$s, $words[$opened++ % @words]];
		$poll->mask($s => POLLIN | POLLOUT);
	}
	$most = keys %open if keys %open > $most;
	$poll->poll(0.1);
	for my $s ($poll->handles(POLLIN | POLLERR | POLLHUP)) {
		my $n = sysread($s, my $bytes, 4096);
		next if $n;
		delete $open{fileno $s};
		$poll->remove($s);
		close $s;
	}
	for my $s ($poll->handles(POLLOUT)) {
		my $one = $open{fileno $s} or next;
		syswrite($s, $one->[1]) if $one->[1] ne "";
		$poll->mask($s => POLLIN);
	}
}
print "opened $opened, $most at a time\n";
