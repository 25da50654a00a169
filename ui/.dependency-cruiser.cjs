/** main > pages > widgets | api > model: a folder may use those to its right, and itself. */
const layer = (name, from, to) => ({ name, severity: "error", from: { path: from }, to: { path: to } });

module.exports = {
  forbidden: [
    layer("model-is-pure", "^src/model/", "^src/(?!model/)"),
    { name: "model-needs-no-package", severity: "error", from: { path: "^src/model/", pathNot: "\\.(test|bench)\\.ts$" }, to: { dependencyTypes: ["npm", "npm-dev", "core"] } },
    layer("api-uses-model-only", "^src/api/", "^src/(?!api/|model/)"),
    layer("widgets-use-model-only", "^src/widgets/", "^src/(?!widgets/|model/)"),
    layer("pages-do-not-use-main", "^src/pages/", "^src/main"),
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "nothing-unused", severity: "error", from: { orphan: true, pathNot: "\\.d\\.ts$" }, to: {} },
    { name: "everything-resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // TypeScript 7 has no API for it yet; without a parser it would read nothing and find nothing wrong.
    parser: "swc",
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
