-- One block: all of an hour is replaced, or nothing.
INSERT INTO links (hour, spans, roaming, parent, child, calls, errors, steps, longest)
SETTINGS async_insert = 0
VALUES $values
