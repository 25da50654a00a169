SELECT DISTINCT remote_service AS answer
FROM names
WHERE service = {service:String} AND remote_service != ''
ORDER BY answer
