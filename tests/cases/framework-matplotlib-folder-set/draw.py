import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt

plt.plot([1, 4, 9])
plt.savefig('squares.png')
