"""From the light of an HDR film to what an ordinary screen shows.

The curves are those of Rec. ITU-R BT.2100 (PQ is SMPTE ST 2084, HLG is ARIB STD-B67), white at 203
cd/m² as in ITU-R BT.2408; what is brighter is rolled off instead of cut.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PQ, HLG = 16, 18  # as ITU-T H.273 numbers transfer curves
BT2020 = 9  # ... and primaries

_WHITE_NITS = 203.0
_PEAK_NITS = 1000.0
_KNEE = 0.5  # of white: up to here light stays as it is
_FULL = 65535.0


#: Linear light of BT.2020 as that of BT.709 (ITU-R BT.2087).
_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], "f4"
)


def as_sdr(pixels: NDArray[Any], *, transfer: int, primaries: int) -> NDArray[np.uint8]:
    """Turn pixels of three 16-bit numbers each into pixels of three bytes, in sRGB."""
    signal = pixels.reshape(-1, 3).astype("f4") / _FULL
    nits = _from_pq(signal) if transfer == PQ else _from_hlg(signal)
    if primaries == BT2020:
        nits = nits @ _TO_BT709.T
    light = _rolled_off(np.maximum(nits, 0.0) / _WHITE_NITS)
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)  # noqa: PLR2004 - sRGB's own
    return np.asarray(np.rint(srgb * 255), np.uint8).reshape(pixels.shape)


def _from_pq(signal: Any) -> Any:
    """Return light in cd/m²."""
    root = signal ** (1 / 78.84375)
    light = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return 10_000 * light ** (1 / 0.1593017578125)


def _from_hlg(signal: Any) -> Any:
    """Return the light of a screen that reaches 1000 cd/m²."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)  # noqa: PLR2004 - HLG's own
    luminance = scene @ np.array([0.2627, 0.678, 0.0593], dtype="f4")
    return _PEAK_NITS * scene * np.maximum(luminance, 1e-6)[:, None] ** 0.2


def _rolled_off(light: Any) -> Any:
    """Bring the peak down to 1 by the brightest of the three, so that no colour changes."""
    brightest = light.max(axis=1, keepdims=True)
    above = np.maximum(brightest - _KNEE, 0) / (1 - _KNEE)
    most = (_PEAK_NITS / _WHITE_NITS - _KNEE) / (1 - _KNEE)
    rolled = _KNEE + (1 - _KNEE) * above / (1 + above) * (1 + most) / most
    wanted = np.where(brightest > _KNEE, rolled, brightest)
    return np.clip(light * (wanted / np.maximum(brightest, 1e-6)), 0, 1)
