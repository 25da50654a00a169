/** Starts the pages. */
import { render } from "preact";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/frame.css";
import "./styles/search.css";
import "./styles/waterfall.css";
import { traceIdIn } from "./model/traceid";
import { Frame } from "./pages/Frame";
import { Later } from "./pages/Later";
import { NotHere } from "./pages/NotHere";
import { SearchPage } from "./pages/Search";
import { TracePage } from "./pages/Trace";
import { listenForKeys } from "./pages/keys";
import { followLinks, path } from "./pages/place";
import { readServices } from "./pages/services";

const loadMap = () => import("./pages/Map").then(({ MapPage }) => MapPage);

function App() {
  const [, traceId] = /^traces\/([^/]+)\/?$/.exec(path.value) ?? [];
  const isMap = path.value === "map" || path.value === "dependency";
  const isSearch = path.value === "" || path.value === "index.html";
  return (
    <Frame>
      {traceId ? (
        <TracePage id={traceIdIn(traceId) ?? traceId} />
      ) : isMap ? (
        <Later load={loadMap} />
      ) : isSearch ? (
        <SearchPage />
      ) : (
        <NotHere path={path.value} />
      )}
    </Frame>
  );
}

followLinks();
listenForKeys();
void readServices();
render(<App />, document.querySelector("#app") ?? document.body);
