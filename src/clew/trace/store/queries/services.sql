SELECT DISTINCT service AS answer FROM names ORDER BY answer
