// Loaded before the gate (`node --import`): ends the process by SIGKILL as it sends a card its so-manieth command. Nothing of
// the gate itself is touched; what is watched is the socket to the virtual board.
//   KILL_EXCHANGE   which command, counted from 1
import { Socket } from "node:net";

const last = Number(process.env.KILL_EXCHANGE);
const TYPE_AT = 4;
const TRANSFER = 0x02;
/** D4 40 01 in the bit order of SPI: the PN532 is told to give the card a command. */
const TO_THE_CARD = Buffer.from([0x2b, 0x02, 0x80]);
let sent = 0;

const write = Socket.prototype.write;
Socket.prototype.write = function (chunk, ...rest) {
  const isCommand =
    chunk instanceof Uint8Array &&
    this.remoteAddress === undefined &&
    chunk[TYPE_AT] === TRANSFER &&
    Buffer.from(chunk).includes(TO_THE_CARD);
  const written = write.call(this, chunk, ...rest);
  if (isCommand) sent += 1;
  if (isCommand && sent === last) process.kill(process.pid, "SIGKILL");
  return written;
};
