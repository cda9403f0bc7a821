/** The optional package has no types, and the program must compile where it did not build; readable-file.ts parses it. */
declare module "epoll" {
  const loaded: unknown;
  export default loaded;
}
