import { defineConfig } from "vite";

// `CLEW_SERVER` names a running `clew traces` that `npm run dev` sends API calls to.
const server = process.env["CLEW_SERVER"] ?? "http://127.0.0.1:9411";

export default defineConfig({
  // Relative: the server writes where the pages live into <base href>.
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2024",
    outDir: process.env["CLEW_UI_OUT"] ?? "../src/clew/ui/static",
    emptyOutDir: true,
    // The content policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/zipkin/api": server, "/api": server, "/health": server } },
});
