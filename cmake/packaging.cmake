# Written by the packaging issue below.
