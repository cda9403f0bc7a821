/** The optional package has no types, and the program must compile where it did not build; spi.ts parses it. */
declare module "spi-device" {
  const loaded: unknown;
  export default loaded;
}
