module.exports = () => 'red';
