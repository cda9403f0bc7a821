/**
 * The board's end of device-shim.c: a Unix socket behind which a virtual board answers for one device node, with
 * the error numbers that a kernel would give. It serves one host at a time, as a board has one machine.
 */
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { constants } from "node:os";
import { concat } from "../../src/bytes/bytes.ts";
import type { BusError, I2cDevice, SpiBus } from "../../src/ports/bus.ts";
import type { BoardHost } from "../../src/sim/board-host.ts";
import { encodeMessage, type Message, MessageStream } from "../../src/sim/message-stream.ts";
import type { ReaderWiring } from "../../src/sim/wiring.ts";
import type { ForeignCalls } from "./foreign-calls.ts";

const { EINVAL, EIO, ENOENT, ETIMEDOUT } = constants.errno;
const CHIP_ADDRESS = 0x24;

/** How the bus was set up when bytes went over it last, as the program asked by ioctl. */
export interface SpiSettings {
  readonly mode: number;
  readonly bits: number;
  readonly speedHz: number;
}

/** An error number, 0 for none, and what was read. */
interface Answer {
  readonly errno: number;
  readonly bytes?: Uint8Array;
}

type Ask = (payload: Uint8Array) => Promise<Answer>;

export class DeviceServer {
  readonly #server: Server;
  readonly #node: string;
  readonly #calls: ForeignCalls;
  readonly #sockets = new Set<Socket>();
  #requests: ReadonlyMap<string, Ask> = new Map();
  /** With what opening the node fails, if it does. */
  refusal = 0;
  /** How this machine's I2C controller reports that nobody acknowledged. */
  notAcknowledged: number = EIO;
  settings: SpiSettings | undefined;

  private constructor(server: Server, node: string, calls: ForeignCalls) {
    this.#server = server;
    this.#node = node;
    this.#calls = calls;
    server.on("connection", (socket) => this.#serve(socket));
  }

  /** Listens at `path`, where the shim looks for it. */
  static async listen(path: string, { node }: ReaderWiring, calls: ForeignCalls): Promise<DeviceServer> {
    const server = createServer();
    const devices = new DeviceServer(server, node, calls);
    server.listen(path);
    await once(server, "listening");
    return devices;
  }

  /** From now on the node leads to this host's bus; who had it open before finds it dead. */
  attach(host: BoardHost, { bus }: ReaderWiring): void {
    this.cut();
    if (bus === "spi")
      this.#requests = spiRequests(host.spiBus(this.#node), (seen) => (this.settings = seen));
    else this.#requests = i2cRequests(host.i2cDevice(this.#node), () => this.notAcknowledged);
  }

  /** The bus goes away under those who have it open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    const stream = new MessageStream();
    let waiting = 0;
    const answer = async (message: Message): Promise<void> => {
      waiting += 1;
      this.#calls.arrived();
      const { errno, bytes = new Uint8Array() } = await this.#carryOut(message);
      if (socket.destroyed) return;
      waiting -= 1;
      this.#calls.left();
      const payload = concat(Uint8Array.of(errno, 0, 0, 0), bytes);
      socket.write(encodeMessage({ ...message, payload }));
    };
    this.#sockets.add(socket);
    socket.on("data", (chunk) => {
      for (const message of stream.push(chunk) ?? []) void answer(message);
    });
    // Whoever closes a node with its answer still to come resets the connection; what follows is the close event.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (; waiting > 0; waiting--) this.#calls.left();
    });
  }

  async #carryOut({ type, payload }: Message): Promise<Answer> {
    const request = String.fromCharCode(type);
    if (request !== "O") return (await this.#requests.get(request)?.(payload)) ?? { errno: EINVAL };
    const known = new TextDecoder().decode(payload) === this.#node;
    return { errno: known ? this.refusal : ENOENT };
  }
}

const SETTINGS_BYTES = 6;

function spiRequests(bus: SpiBus, onSettings: (settings: SpiSettings) => void): ReadonlyMap<string, Ask> {
  const transfer: Ask = async (payload) => {
    const view = viewOf(payload);
    onSettings({ mode: view.getUint8(0), bits: view.getUint8(1), speedHz: view.getUint32(2, true) });
    const seen = await bus.transfer(payload.subarray(SETTINGS_BYTES));
    return seen.ok ? { errno: 0, bytes: seen.value } : { errno: errnoOf(seen.error) };
  };
  return new Map([["T", transfer]]);
}

const ADDRESS_BYTES = 2;

/** Nobody but the chip is on the bus, so that any other address is not acknowledged. */
function i2cRequests(device: I2cDevice, notAcknowledged: () => number): ReadonlyMap<string, Ask> {
  const isChip = (payload: Uint8Array): boolean => viewOf(payload).getUint16(0, true) === CHIP_ADDRESS;
  const refused: Ask = async () => ({ errno: notAcknowledged() });
  const read: Ask = async (payload) => {
    const seen = await device.read(viewOf(payload).getUint16(ADDRESS_BYTES, true));
    if (!seen.ok) return { errno: errnoOf(seen.error) };
    return seen.value === "notAcknowledged" ? refused(payload) : { errno: 0, bytes: seen.value };
  };
  const write: Ask = async (payload) => {
    const sent = await device.write(payload.subarray(ADDRESS_BYTES));
    if (!sent.ok) return { errno: errnoOf(sent.error) };
    return sent.value === "notAcknowledged" ? refused(payload) : { errno: 0 };
  };
  return new Map([
    ["R", (payload) => (isChip(payload) ? read(payload) : refused(payload))],
    ["W", (payload) => (isChip(payload) ? write(payload) : refused(payload))],
  ]);
}

/** What the kernel says of a transaction that its controller gave up. */
function errnoOf({ cause }: BusError): number {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return code === "ETIMEDOUT" ? ETIMEDOUT : EIO;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
