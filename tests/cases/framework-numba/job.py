import numpy
from numba import njit


@njit(cache=True)
def total(values):
    result = 0.0
    for value in values:
        result += value
    return result


print(total(numpy.arange(10.0)))
