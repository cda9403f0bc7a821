/** The program must compile where the optional package did not build; onoff-gpio.ts parses it. */
declare module "onoff" {
  const loaded: unknown;
  export default loaded;
}
