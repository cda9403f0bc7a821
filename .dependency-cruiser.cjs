// The architecture, as rules that fail the build. Arrows point one way: bus bytes -> frame -> APDU ->
// card protocol -> identity -> policy -> gate, with ports between the gate and everything that touches
// the outside. src/README.md explains the same on one page.
const native = (name, folder) => ({
  name: `only-${folder}-imports-${name}`.replace(/[^a-z0-9-]/g, "-"),
  severity: "error",
  comment: `${name} has one importing folder, so that it can be replaced in one place.`,
  from: { pathNot: `^(${folder}/|test/)` },
  to: { path: `(^|/)node_modules/${name}/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "core-never-sees-hardware",
      severity: "error",
      comment: "Only the composition root and the simulator may name a driver.",
      from: { path: "^src/", pathNot: "^src/(app|sim)/" },
      to: { path: "^drivers/" },
    },
    {
      name: "drivers-know-nothing-of-identity",
      severity: "error",
      from: { path: "^drivers/" },
      to: { path: "^src/", pathNot: "^src/(bytes|time|ports)/|^src/result\\.ts$" },
    },
    {
      name: "protocols-are-pure",
      severity: "error",
      comment: "Codecs, card protocols, identity and policy do no input or output at all.",
      from: { path: "^src/(bytes|apdu|pki|cie|emrtd|seal|identity|policy)/" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "protocols-see-only-what-is-left-of-them",
      severity: "error",
      from: { path: "^src/(bytes|apdu|cie|emrtd|seal|identity|policy)/" },
      to: { path: "^src/(gate|journal|mqtt|sim|config|app)/" },
    },
    {
      name: "apdu-below-cards",
      severity: "error",
      from: { path: "^src/(bytes|time|ports|apdu)/" },
      to: { path: "^src/(cie|emrtd|identity|policy)/" },
    },
    {
      name: "certificates-know-no-card",
      severity: "error",
      comment:
        "Certificates, signed objects and lists serve every kind of document, and the command that imports them.",
      from: { path: "^src/pki/" },
      to: { path: "^src/", pathNot: "^src/(pki|crypto|bytes|time|ports)/|^src/result\\.ts$" },
    },
    {
      name: "seals-know-no-chip",
      severity: "error",
      comment: "A printed seal and a chip are two proofs: nothing of the one may lean on the other.",
      from: { path: "^src/seal/" },
      to: { path: "^src/", pathNot: "^src/(seal|pki|crypto|bytes|time|ports)/|^src/result\\.ts$" },
    },
    {
      name: "ports-are-interfaces",
      severity: "error",
      from: { path: "^src/ports/" },
      to: { path: "^src/", pathNot: "^src/(ports|bytes|time)/|^src/result\\.ts$" },
    },
    {
      name: "adapters-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/(journal|mqtt|config)/" },
      to: { path: "^src/(gate|sim|app|cie|emrtd|apdu)/" },
    },
    {
      name: "simulator-is-a-second-opinion",
      severity: "error",
      comment: "The simulator has codecs of its own: a mistake shared by both ends would pass unseen.",
      from: { path: "^src/sim/" },
      to: {
        path: "^src/(apdu|pki|cie|emrtd|seal|identity|gate|policy|crypto|journal|mqtt|config|app)/|^drivers/pn532/",
      },
    },
    {
      name: "nothing-imports-the-root",
      severity: "error",
      from: { path: "^(src|drivers)/", pathNot: "^src/app/" },
      to: { path: "^src/app/" },
    },
    {
      name: "only-app-and-sim-import-sim",
      severity: "error",
      from: { path: "^(src|drivers)/", pathNot: "^src/(app|sim)/" },
      to: { path: "^src/sim/" },
    },
    {
      name: "crypto-has-one-door",
      severity: "error",
      from: { path: "^(src|drivers)/", pathNot: "^src/(crypto|sim|app)/" },
      to: { path: "^(crypto|node:crypto)$|(^|/)node_modules/@noble/" },
    },
    native("spi-device", "drivers/bus"),
    native("i2c-bus", "drivers/bus"),
    native("serialport", "drivers/bus"),
    native("onoff", "drivers/gpio"),
    native("epoll", "drivers/input"),
    native("better-sqlite3", "src/journal"),
    native("mqtt", "src/mqtt"),
    native("aedes", "src/app"),
    native("zod", "src/config"),
    native("yaml", "src/config"),
    native("pino", "src/app"),
    native("asn1js", "src/pki"),
    {
      name: "production-code-never-imports-tests",
      severity: "error",
      from: { path: "^(src|drivers)/" },
      to: { path: "^test/" },
    },
    {
      name: "no-gate-opens-a-photograph",
      severity: "error",
      comment: "A face leaves a document at a desk alone, by a technician's own word (varco read --photo).",
      from: { path: "^src/app/run\\.ts$" },
      to: { path: "^src/emrtd/lds/(dg2|face-[a-z]+)\\.ts$", reachable: true },
    },
    {
      name: "no-undeclared-packages",
      severity: "error",
      from: { path: "^(src|drivers)/" },
      to: {
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown", "unknown"],
        dependencyTypesNot: ["type-only"],
      },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|coverage)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
  },
};
