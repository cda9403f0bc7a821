/** Hides the optional package's own types: the program must compile where it is missing; hsu.ts parses it. */
declare module "serialport" {
  export const SerialPort: unknown;
}
