/** Starts the pages: those of a trace server, or those of a mesh where the document says so. */
import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/frame.css";
import "./styles/search.css";
import "./styles/waterfall.css";
import { traceIdIn } from "./model/traceid";
import { Frame, type PageLink } from "./pages/Frame";
import { Later } from "./pages/Later";
import { NotHere } from "./pages/NotHere";
import { SearchPage } from "./pages/Search";
import { TracePage } from "./pages/Trace";
import { config, readConfig } from "./pages/config";
import { listenForKeys } from "./pages/keys";
import { followLinks, path } from "./pages/place";
import { readServices } from "./pages/services";
import { UPLOADED, listenForFiles } from "./pages/upload";

const TRACES: readonly PageLink[] = [
  { href: "./", words: "Search", key: "s", paths: ["", "index.html"] },
  { href: "map", words: "Map", key: "m", paths: ["map", "dependency"] },
];
const MESH: readonly PageLink[] = [
  { href: "./", words: "Mesh", key: "h", paths: [""] },
  { href: "delegator", words: "Playground", key: "p", paths: ["delegator"] },
  { href: "names", words: "Names", key: "n", paths: ["names"] },
  { href: "requests", words: "Requests", key: "r", paths: ["requests"] },
];

const loadMap = () => import("./pages/Map").then(({ MapPage }) => MapPage);
const loadUpload = () => import("./pages/UploadPage").then(({ UploadPage }) => UploadPage);
const loadMesh = () => import("./pages/mesh/MeshPages").then(({ MeshPages }) => MeshPages);

function Traces() {
  const [, traceId] = /^traces\/([^/]+)\/?$/.exec(path.value) ?? [];
  const isMap = path.value === "map" || path.value === "dependency";
  const isSearch = path.value === "" || path.value === "index.html";
  return (
    <Frame pages={config.value?.mapEnabled === false ? TRACES.slice(0, 1) : TRACES} traces>
      {path.value === UPLOADED ? (
        <Later key="upload" load={loadUpload} props={{}} />
      ) : traceId ? (
        <TracePage id={traceIdIn(traceId) ?? traceId} />
      ) : isMap ? (
        <Later load={loadMap} props={{}} />
      ) : isSearch ? (
        <SearchPage />
      ) : (
        <NotHere path={path.value} start="Search" />
      )}
    </Frame>
  );
}

const MeshHome = () => (
  <Frame pages={MESH} traces={false}>
    <Later load={loadMesh} props={{}} />
  </Frame>
);

const isMesh = document.querySelector<HTMLMetaElement>('meta[name="clew-home"]')?.content === "mesh";

followLinks();
listenForKeys();
if (!isMesh) {
  listenForFiles();
  void readConfig();
  void readServices();
}
render(isMesh ? <MeshHome /> : <Traces />, document.querySelector("#app") ?? document.body);
