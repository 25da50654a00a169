/** How to read the bars. */
export function Legend({ mesh, errors }: { mesh: boolean; errors: boolean }) {
  return (
    <div class="legend" role="note" aria-label="How to read the bars">
      <span>
        <svg width="18" height="14" aria-hidden="true">
          <path d="M0 3h18v8H0z" fill="var(--data)" />
        </svg>
        own time
      </span>
      <span>
        <svg width="18" height="14" aria-hidden="true">
          <path d="M.5 3.5h17v7H.5z" fill="var(--data-pale)" stroke="var(--data)" />
        </svg>
        waiting
      </span>
      {mesh && (
        <span>
          <svg width="18" height="14" aria-hidden="true">
            <path d="M.5 5.5h17v3H.5z" fill="var(--mesh-pale)" stroke="var(--mesh)" />
          </svg>
          mesh
        </span>
      )}
      {errors && (
        <span>
          <svg width="18" height="14" aria-hidden="true">
            <path d="M1 3h16v8H1z" fill="none" stroke="var(--error)" stroke-width="2" />
          </svg>
          error
        </span>
      )}
    </div>
  );
}
