// Ends the emulator when whoever started it has gone, even by kill -9: the other end of its input closes then.
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();
