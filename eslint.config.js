// Promise safety, exhaustiveness and the ban on ambient time, chance and output.
// Formatting and everything else is biome's.
import tseslint from "typescript-eslint";

/** House rule: time, chance and the outside come in as constructor arguments. */
const ambient = [
  { name: "Date", message: "take the wall time from the Clock port" },
  { name: "setTimeout", message: "take waiting from the Clock port" },
  { name: "setInterval", message: "take waiting from the Clock port" },
  { name: "setImmediate", message: "take waiting from the Clock port" },
  { name: "performance", message: "take the monotonic time from the Clock port" },
  { name: "console", message: "use the Log port" },
  { name: "Buffer", message: "use Uint8Array" },
  { name: "process", message: "only src/app may look at the process" },
];

export default tseslint.config(
  { ignores: ["dist/", "coverage/", "node_modules/", "*.cjs", "*.config.js", "*.config.ts"] },
  {
    files: ["**/*.ts"],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/await-thenable": "error",
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unsafe-argument": "error",
      "@typescript-eslint/no-unsafe-assignment": "error",
      "@typescript-eslint/no-unsafe-call": "error",
      "@typescript-eslint/no-unsafe-member-access": "error",
      "@typescript-eslint/no-unsafe-return": "error",
      "@typescript-eslint/no-explicit-any": "error",
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/app/**"],
    rules: { "no-restricted-globals": ["error", ...ambient] },
  },
  {
    files: ["src/**/*.ts", "drivers/**/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "use the Random port" },
        {
          object: "AbortSignal",
          property: "any",
          message:
            "Node.js 20 keeps its listeners for ever: abort a controller by a listener that is removed",
        },
      ],
    },
  },
);
