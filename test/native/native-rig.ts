/**
 * The conformance suite's rig with the real packages in it: driver, link, bus adapter, spi-device or i2c-bus as
 * installed, the shim in the place of the kernel, and the virtual board behind it. Time is virtual and stands
 * still while a call is between the two, so that every bound of the suite holds to the microsecond.
 */
import { onTestFinished } from "vitest";
import { openI2cDevice } from "../../drivers/bus/i2c.ts";
import { openSpiBus } from "../../drivers/bus/spi.ts";
import type { HostLink } from "../../drivers/pn532/host-link.ts";
import { createI2cLink, PN532_I2C_ADDRESS } from "../../drivers/pn532/i2c-link.ts";
import { createSpiLink } from "../../drivers/pn532/spi-link.ts";
import type { BusError, I2cDevice, InputLine, SpiBus } from "../../src/ports/bus.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { Result } from "../../src/result.ts";
import type { I2cWiring, SpiWiring } from "../../src/sim/wiring.ts";
import type { ReaderRig, RigOptions } from "../conformance/reader-suite.ts";
import { IRQ_LINE, makeVirtualRig, RESET_LINE } from "../conformance/virtual-rig.ts";
import { DeviceServer } from "./device-server.ts";
import { ForeignCalls } from "./foreign-calls.ts";

const LINES = { irqLine: IRQ_LINE, resetLine: RESET_LINE };
export const SPI: SpiWiring = { bus: "spi", node: "/dev/spidev0.0", clockHz: 2_000_000, ...LINES };
export const I2C: I2cWiring = { bus: "i2c", node: "/dev/i2c-1", clockHz: 400_000, ...LINES };

/** A rig, the server of its node, and the way to more descriptors of it. */
export interface NativeRig<Bus> extends ReaderRig {
  readonly server: DeviceServer;
  /** For what else speaks to the node, another program for instance; virtual time heeds it until it resolves. */
  readonly calls: ForeignCalls;
  /** The address is for I2C, the chip's when absent. */
  openBus(address?: number): Promise<Bus>;
}

/** How a kind of bus is opened, and what the driver makes of it. */
interface NativeBus<Bus> {
  readonly wiring: SpiWiring | I2cWiring;
  open(address?: number): Promise<Result<Bus, BusError>>;
  /** The same bus, with `calls` told of every call. */
  follow(bus: Bus, calls: ForeignCalls): Bus;
  link(bus: Bus, irq: InputLine | undefined, clock: Clock): HostLink;
}

const SPI_BUS: NativeBus<SpiBus> = {
  wiring: SPI,
  open: () => openSpiBus(SPI),
  follow: (bus, calls) => ({ ...bus, transfer: (bytes) => calls.follow(bus.transfer(bytes)) }),
  link: (bus, irq, clock) => createSpiLink({ bus, irq, clock }),
};

const I2C_BUS: NativeBus<I2cDevice> = {
  wiring: I2C,
  open: (address = PN532_I2C_ADDRESS) => openI2cDevice({ node: I2C.node, address }),
  follow: (device, calls) => ({
    ...device,
    read: (lengthBytes) => calls.follow(device.read(lengthBytes)),
    write: (bytes) => calls.follow(device.write(bytes)),
  }),
  link: (device, irq, clock) => createI2cLink({ device, irq, clock }),
};

/** A reader on SPI by spi-device, its board behind `socket`; all of it is closed with the test. */
export const makeSpiRig = (socket: string, options?: Partial<RigOptions>): Promise<NativeRig<SpiBus>> =>
  makeRig(socket, SPI_BUS, options);

/** A reader on I2C by i2c-bus. */
export const makeI2cRig = (socket: string, options?: Partial<RigOptions>): Promise<NativeRig<I2cDevice>> =>
  makeRig(socket, I2C_BUS, options);

async function makeRig<Bus extends { close(): Promise<void> }>(
  socket: string,
  { wiring, open, follow, link }: NativeBus<Bus>,
  options: Partial<RigOptions> = {},
): Promise<NativeRig<Bus>> {
  const calls = new ForeignCalls();
  const server = await DeviceServer.listen(socket, wiring, calls);
  onTestFinished(() => server.close());
  const openBus = async (address?: number): Promise<Bus> => {
    const opened = await open(address);
    if (!opened.ok) throw new Error(`the node does not open: ${opened.error.kind}`);
    onTestFinished(() => opened.value.close());
    return follow(opened.value, calls);
  };
  const rig = await makeVirtualRig(
    {
      wiring,
      settle: calls.settle,
      link: async (host, irq, clock) => {
        server.attach(host, wiring);
        return link(await openBus(), irq, clock);
      },
    },
    options,
  );
  return { ...rig, server, calls, openBus };
}
