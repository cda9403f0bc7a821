/** The optional package has no types, and the program must compile where it did not build; i2c.ts parses it. */
declare module "i2c-bus" {
  const loaded: unknown;
  export default loaded;
}
